"""The words of `rnntui.wording`, by the name that the screens know them under."""

from rnntui.wording import count, duration, figure

__all__ = ["count", "duration", "figure"]
