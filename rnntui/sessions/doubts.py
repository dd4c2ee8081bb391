"""What is asked once more before it is done to a run in training."""

# Beyond these no network is known to learn.
USUAL: dict[str, tuple[float, float]] = {"learning_rate": (1e-9, 10.0), "clip": (1e-6, 1e6)}


def doubt(event: str, value: float) -> str:
    """What is unusual about a rate or a clip, as a question; nothing where it is not."""
    low, high = USUAL[event]
    if value == 0 or low <= value <= high:
        return ""
    far = f"far {'above' if value > high else 'below'} the usual range ({low:g} to {high:g})"
    return f"A {event.replace('_', ' ')} of {value:g} is {far}. Use it?"
