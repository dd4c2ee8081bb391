"""The open units alone on a CPU: numpy's element-wise work and torch's products in the same memory."""

from rnntui.core.kernels.phased.backward import backward
from rnntui.core.kernels.phased.forward import forward

__all__ = ["backward", "forward"]
