"""The compiled kernels as a library: found beside this file where the build had a C compiler, called by pointers.

It is a plain shared library, not a Python module, so that building it needs only a C compiler and
neither Python's nor torch's headers. A call releases Python's GIL: a screen draws while it runs.
"""

import ctypes
import os
import struct
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_double, c_float, c_int32, c_int64, c_void_p
from functools import cache, partial
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

INSTRUCTIONS = ("AVX-512", "AVX2", "NEON", "baseline")
ENVIRONMENT = "RNNTUI_INSTRUCTIONS"  # one of them; `none`: as if nothing had been compiled
NONE = "none"
INTERFACE = 6  # that of `kernels.h`
_NAME = "_kernels"
_NUMBERS = ("T", "B", "d", "n", "units", "fresh", "keeps", "x_stride")
_POINTERS = (
    *("index", "x", "entrance", "wx", "wh", "bh", "wback", "h", "c", "gates"),
    *("dh_each", "mask", "h_masked", "dh", "dc", "dgates"),
    *("valid", "gain", "gain_input", "cell_gain", "cell_shift", "normed", "stats", "da", "dgain", "dcell"),
)


class Layer(Structure):
    """`Layer` of `kernels.h`: one layer over a sequence, its sizes and where its buffers lie."""

    _fields_ = (*((name, c_int64) for name in _NUMBERS), *((name, c_void_p) for name in _POINTERS))


class OpenUnits(Structure):
    """`OpenUnits` of `open_units.h`: the open units of a layer over a sequence."""

    _fields_ = (
        *((name, c_int64) for name in ("T", "B", "d", "n", "units", "inputs", "padded", "most")),
        *((name, c_int64) for name in ("keeps", "spread", "x_stride")),
        *(
            (name, c_void_p)
            for name in ("bounds", "open", "index", "x", "k", "wx", "wh", "b", "h", "c", "room", "kept")
        ),
        *((name, c_void_p) for name in ("dh_each", "dh", "dc", "delta", "share", "dwx", "dwh", "db", "dk", "dx")),
    )


class CompiledNetwork(Structure):
    """`Network` of `kernels.h`: layers and read-out, for one step of one sequence."""

    _fields_ = (
        *((name, c_int64) for name in ("cell", "count", "outputs")),
        ("layers", POINTER(Layer)),
        ("panels", c_void_p),
        ("bias", c_void_p),
    )


class Readout(Structure):
    """`Readout` of `kernels.h`: a small read-out and its gradients."""

    _fields_ = (
        *((name, c_int64) for name in ("rows", "n", "units", "outputs", "padded")),
        *((name, c_void_p) for name in ("w", "b", "h", "targets", "dw", "db", "dh", "room")),
    )


class Update(Structure):
    """`Update` of `kernels.h`: one step of an optimizer."""

    _fields_ = (
        ("count", c_int64),
        *(
            (name, c_float)
            for name in (
                "scale",
                "rate",
                "keep_mean",
                "keep_squares",
                "take_mean",
                "take_squares",
                "root",
                "epsilon",
                "shrink",
            )
        ),
    )


class CompiledLibrary:
    """The functions of `kernels.c` for one instruction set, `instructions`; `lanes` are the float32 of its registers.

    Raises `OSError` where it cannot be loaded, `ValueError` for an instruction set that the processor does not have,
    `AttributeError` where it was built from other sources.
    """

    def __init__(self, path: Path, instructions: str = "") -> None:
        self._library = library = ctypes.CDLL(str(path))
        library.rnntui_interface.argtypes, library.rnntui_interface.restype = (), c_int64
        if library.rnntui_interface() != INTERFACE:
            raise AttributeError(f"not interface {INTERFACE}")
        library.rnntui_kernels.argtypes, library.rnntui_kernels.restype = (c_char_p,), c_void_p
        library.rnntui_name.argtypes, library.rnntui_name.restype = (c_void_p,), c_char_p
        library.rnntui_lanes.argtypes, library.rnntui_lanes.restype = (c_void_p,), c_int64
        self._kernels = library.rnntui_kernels(instructions.encode())
        if self._kernels is None:
            raise ValueError(f"this processor has no {instructions} instructions")
        self.instructions: str = library.rnntui_name(self._kernels).decode()
        self.lanes = int(library.rnntui_lanes(self._kernels))
        self.pack = self._function("pack", c_void_p, *[c_int64] * 4, c_void_p)
        self.pack_entrance = self._function("pack_entrance", c_void_p, c_void_p, *[c_int64] * 4, c_void_p)
        self.pack_back = self._function("pack_back", c_void_p, *[c_int64] * 4, c_void_p)
        self.forward = self._function("forward", c_int64, POINTER(Layer), c_int64)
        self.backward = self._function("backward", c_int64, POINTER(Layer), c_int64)
        self.open_forward = self._function("open_forward", POINTER(OpenUnits), c_int64)
        self.open_backward = self._function("open_backward", POINTER(OpenUnits), c_int64)
        self.step = self._function("step", POINTER(CompiledNetwork), c_int64, *[c_void_p] * 4)
        self.add_rows = self._function("add_rows", c_void_p, *[c_int64] * 3, c_void_p, c_void_p)
        self.cross_entropy = self._function(
            "cross_entropy", c_void_p, c_void_p, *[c_int64] * 2, POINTER(c_double), POINTER(c_int64)
        )
        self.readout = self._function("readout", POINTER(Readout), POINTER(c_double), POINTER(c_int64))
        self.mask = self._function("mask", c_void_p, c_int64, c_int32, c_float, c_void_p)
        self.squares = self._function("squares", c_void_p, c_int64, returns=c_double)
        self.rmsprop = self._function("rmsprop", POINTER(Update), *[c_void_p] * 3)
        self.adam = self._function("adam", POINTER(Update), *[c_void_p] * 4)
        self.tanh = self._function("tanh", c_void_p, c_void_p, c_int64)
        self.sigmoid = self._function("sigmoid", c_void_p, c_void_p, c_int64)
        self.exp = self._function("exp", c_void_p, c_void_p, c_int64)
        self.outside = library.rnntui_outside  # the first index of (pointer, count) that is not below a bound, or count
        self.outside.argtypes, self.outside.restype = (c_void_p, c_int64, c_int64), c_int64

    def padded(self, count: int) -> int:
        """A number of values, rounded up to whole registers."""
        return -(-count // self.lanes) * self.lanes

    def _function(self, name: str, *arguments: type, returns: type | None = None) -> Callable[..., Any]:
        function = getattr(self._library, f"rnntui_{name}")
        function.argtypes, function.restype = (c_void_p, *arguments), returns
        return partial(function, self._kernels)


@cache
def load(instructions: str = "") -> CompiledLibrary | str:
    """The library for an instruction set, or for the widest where none is named; a sentence where there is none.

    Raises `ValueError` where the environment asks for what is no instruction set.
    """
    wanted = os.environ.get(ENVIRONMENT, "")
    if wanted not in ("", NONE, *INSTRUCTIONS):
        raise ValueError(f"{ENVIRONMENT}={wanted!r}: it is one of {', '.join(INSTRUCTIONS)}, {NONE}")
    if wanted == NONE:
        return f"{ENVIRONMENT}={NONE}"
    built = [path for suffix in EXTENSION_SUFFIXES if (path := Path(__file__).with_name(f"{_NAME}{suffix}")).exists()]
    if not built:
        return "the compiled kernels were not built: rnntui was installed without a C compiler"
    try:
        if _is_cut_short(built[0]):
            return "the file of the compiled kernels ends too early: install rnntui again"
        return CompiledLibrary(built[0], instructions or wanted)
    except (OSError, ValueError) as error:
        return f"the compiled kernels do not load: {error}"
    except AttributeError:
        return "the compiled kernels are of another version of rnntui: install it again"


def _is_cut_short(path: Path) -> bool:
    """Whether an ELF file of 64 bits ends before what is mapped of it, where the process would end by SIGBUS.

    A file of another format, or without its headers, is left to the loader, which checks those.
    """
    content = path.read_bytes()
    if content[:6] != b"\x7fELF\x02\x01":  # 64 bits, the lowest byte first
        return False
    try:
        (start,), (size, count) = struct.unpack_from("<Q", content, 32), struct.unpack_from("<HH", content, 54)
        segments = [struct.unpack_from("<8xQ16xQ", content, start + k * size) for k in range(count)]
    except (struct.error, OverflowError):
        return False
    return any(offset + mapped > len(content) for offset, mapped in segments)
