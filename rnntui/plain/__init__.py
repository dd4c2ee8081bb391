"""Runs in training in words: lines of reports, and a prompt at which commands are typed. For screen readers, bad links
and dumb terminals; no cursor is moved but to edit the typed line.
"""
