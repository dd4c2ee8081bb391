"""The training screen: its panes, its form, and the thread that trains."""
