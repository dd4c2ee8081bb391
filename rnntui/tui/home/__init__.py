"""The screen that opens first: all runs and sweeps of a folder."""
