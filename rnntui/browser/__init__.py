"""Screens as pages of a browser, by textual-serve, whose files are all of this machine."""
