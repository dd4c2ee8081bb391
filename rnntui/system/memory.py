"""How much memory this machine has."""

import os

FLOAT32 = 4  # bytes of a value


def memory() -> int:
    """Bytes of memory that this machine has; a bound that no machine reaches where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 1 << 50
