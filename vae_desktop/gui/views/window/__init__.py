"""The window itself: where the panels stand, menus and messages."""
