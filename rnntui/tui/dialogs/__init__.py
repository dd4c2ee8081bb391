"""Boxes over a screen that ask or explain something."""
