"""What went wrong while running, in one sentence that says what would help: the only table of causes.

Invariant: no words of Python reach a user. A `ValueError` that rnntui raises holds a sentence; one that Python raises,
and any other exception that is no cause known here, is rnntui's own failure and told as that.
"""

import errno
import opcode
import os
import traceback
from types import TracebackType

from rnntui.corpora.catalogue import FetchError
from rnntui.system.errors import Unwritable, is_full, meaning, sentence
from rnntui.system.user_code import NO_MEMORY, UserCodeError, user_traceback
from rnntui.system.world import RanksFailed

TRACEBACK = "RNNTUI_TRACEBACK"  # the variable of the environment that shows where something failed
DISK_FULL = "the disk is full: make room and resume"  # in training
DEVICE_FAILED = ("CUDA error", "CUDA driver", "cuDNN error", "MPS backend")
UNMAPPED = "failed to map segment from shared object"  # as the dynamic linker says it, of either cause
LIBRARY_UNMAPPED = (
    "a library cannot be loaded: there is too little memory (`ulimit -v` limits it), or nothing in its folder may be "
    "run (noexec)"
)
RAISE = opcode.opmap["RAISE_VARARGS"]


def explain(error: BaseException, *, training: bool = False) -> str:
    """One sentence for an error; what would help depends on whether a network was in training."""
    if isinstance(error, Unwritable):
        return f"standard output cannot be written: {_why_unwritable(error)}"
    if is_mistake(error) or isinstance(error, FetchError | UserCodeError | RanksFailed):
        return _said(error)
    if _is_unmapped(error):
        return LIBRARY_UNMAPPED
    if lacks_memory(error):
        less = (
            "lower --batch, --length, --hidden or --layers" if training else "stop other processes, or do less at once"
        )
        return f"out of memory: {less}"
    if is_full(error) and training:
        return DISK_FULL
    if isinstance(error, OSError):
        return sentence(error)
    if isinstance(error, ImportError) and error.name is not None:
        return f"the Python package {error.name.partition('.')[0]!r} cannot be loaded: reinstall rnntui"
    if isinstance(error, RuntimeError) and _said(error).startswith(DEVICE_FAILED):
        return f"the device failed ({_said(error)}): --device cpu avoids it"
    return f"rnntui itself failed ({type(error).__name__}: {_said(error)}): please report it; {TRACEBACK}=1 shows where"


def details(error: BaseException) -> str:
    """The calls that led to an error, those within a user's own code where it is that; empty unless asked for."""
    if TRACEBACK not in os.environ:
        return ""
    return user_traceback(error) or "".join(traceback.format_exception(error)).rstrip()


def is_mistake(error: BaseException) -> bool:
    """Whether it is a user's mistake that a sentence of rnntui's was raised for."""
    return isinstance(error, ValueError) and not isinstance(error, UnicodeError) and _was_raised_here(error)


def lacks_memory(error: BaseException) -> bool:
    """Whether there was not enough memory, of the machine or of its device."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in said for words in NO_MEMORY)
    )


def _is_unmapped(error: BaseException) -> bool:
    """Whether a compiled library, PyTorch's or NumPy's, could not be put among this process's addresses."""
    causes = (error, error.__cause__, error.__context__)
    return any(isinstance(cause, ImportError | OSError) and UNMAPPED in str(cause) for cause in causes)


def _why_unwritable(error: OSError) -> str:
    return "it is closed" if error.errno == errno.EBADF else meaning(error)


def _said(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _was_raised_here(error: BaseException) -> bool:
    """Whether a `raise` of rnntui's own code began it, and not a function of Python's that took what it got amiss."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is None or (_is_ours(last) and last.tb_frame.f_code.co_code[last.tb_lasti] == RAISE)


def _is_ours(trace: TracebackType) -> bool:
    module = trace.tb_frame.f_globals
    spec = module.get("__spec__")  # its name where `python -m` calls the module itself `__main__`
    return str(spec.name if spec is not None else module.get("__name__", "")).partition(".")[0] == "rnntui"
