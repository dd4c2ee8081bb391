"""Text from a network: drawn, gone back in, scored, checked, and looked up in what it learned from."""
