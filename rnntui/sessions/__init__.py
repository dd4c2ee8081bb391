"""A run in training as a screen sees it, wherever it is trained: in this process, in another, or by whoever writes its
folder.
"""
