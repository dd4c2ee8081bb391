"""`python -m rnntui` is `rnntui`."""

from rnntui.cli import main

main()
