"""Numbers that always have a sign, as people read them: `+0.80`, `−0.80`."""

MINUS = "−"  # as wide and as high as the plus, where a hyphen is neither


def signed(number: float, form: str = ".2f") -> str:
    """A number in a form such as `.2g`."""
    return f"{number:+{form}}".replace("-", MINUS)
