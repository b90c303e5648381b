"""The threads behind the window, and the session that the window talks to; no Qt, and no torch until it is used."""
