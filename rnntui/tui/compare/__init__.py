"""The screen that compares the curves of several runs."""
