"""Dialogs that ask or explain something."""
