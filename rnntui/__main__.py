"""`python -m rnntui` is `rnntui`."""

from rnntui.entry import main

if __name__ == "__main__":
    main()
