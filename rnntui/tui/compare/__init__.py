"""Curves of runs over each other."""
