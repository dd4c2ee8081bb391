"""The training: one iterator, what it optimizes with, what it writes down and what it warns of."""
