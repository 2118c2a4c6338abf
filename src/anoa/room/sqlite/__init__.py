"""SQLite as the room uses it; Django finds the parts of a database backend by this name."""
