"""How `--init carry` draws an RNN that carries its first inputs to the end of a sequence (`docs/spec.md` 6).

W_hh is g times an orthogonal matrix, g a little above 1: what is left of the first input is g times what is left of the
second, all the way, so that the sum of all later ones does not drown it. The inputs are scaled by g^-T, so that the
state stays where tanh is straight up to the last step.
"""

GAIN = 1.07  # g
LARGEST_GROWTH = 1e30  # of g^T: the state and the gradient must be float32 numbers, 1e-38 to 1e38


def gain(steps: int) -> float:
    """g, the singular value of W_hh, for sequences of so many steps."""
    return float(min(GAIN, LARGEST_GROWTH ** (1 / steps)))


def input_scale(steps: int) -> float:
    """g^-T, the factor on the first layer's input weights."""
    return gain(steps) ** -steps
