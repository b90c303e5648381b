"""Every arrow between views and engine is drawn here."""
