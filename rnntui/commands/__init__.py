"""What the commands do, one file each; `cli.py` hands on to them what was typed."""
