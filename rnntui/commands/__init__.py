"""What the commands do, one file each. `cli.py` only parses, so that `--help` loads none of these files."""
