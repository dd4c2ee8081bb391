"""Custom code, such as a cell: whatever it raises is reported as a failure of that code, with file and line.

Standard library only. `user_traceback(error)` is what a front end shows to whoever writes the code.
"""

import signal
import threading
import traceback
from types import TracebackType

ELSEWHERE = "at what it returned or keeps, not in its own lines"
# How PyTorch says that there is not enough memory, or never could be.
NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "bad_alloc",
    "storage size calculation overflowed",
    "multiplication overflow",
    "invalid buffer size",
)


class UserCodeError(RuntimeError):
    """What code of a user's own raised; its text is one sentence, `user_traceback` the calls within that code."""

    def __init__(self, sentence: str, user_traceback: str) -> None:
        super().__init__(sentence)
        self.user_traceback = user_traceback


class BrokenContract(Exception):
    """What a user's code must do and did not, found by rnntui; its text follows the code's name in a sentence."""


class UserImportError(ValueError):
    """A module of a user's own that cannot be imported; else as `UserCodeError`."""

    def __init__(self, sentence: str, user_traceback: str) -> None:
        super().__init__(sentence)
        self.user_traceback = user_traceback


class UserCode:
    """A context for calls into `module:Class`: an error that leaves it becomes a `UserCodeError`.

    Also what is no `Exception` (`SystemExit`, `GeneratorExit`, a `KeyboardInterrupt` that nobody typed): a user's code
    does not end rnntui. A lack of memory stays what it is. `what` names the code for people.
    """

    def __init__(self, what: str, path: str) -> None:
        self._what, self._package = what, path.partition(":")[0].partition(".")[0]

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, UserCodeError) or is_no_fault(error):
            return
        if isinstance(error, BrokenContract):
            raise UserCodeError(f"{self._what} {error}", "") from None
        raise failure(self._what, self._package, error) from error


def failure(what: str, package: str, error: BaseException) -> UserCodeError:
    """An error as one of the code of a package."""
    place = _place(package, error) or f" ({ELSEWHERE})"
    return UserCodeError(f"{what} failed: {_first_line(error)}{place}", _calls(package, error))


def import_failure(what: str, module: str, error: BaseException) -> UserImportError:
    """An error as one of the import of a module."""
    package = module.partition(".")[0]
    said = str(error) if isinstance(error, ImportError | AttributeError | SyntaxError) else _first_line(error)
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        said = f"there is no module {package!r} in the working folder or where Python looks"
    if isinstance(error, AttributeError) and not _frames(package, error):
        said = f"module {module!r} has no such class"
    return UserImportError(f"{what} cannot be imported: {said}{_place(package, error)}", _calls(package, error))


def user_traceback(error: BaseException) -> str:
    """The calls within a user's code that led to an error; empty where it came from elsewhere."""
    return str(getattr(error, "user_traceback", ""))


def _frames(package: str, error: BaseException) -> list[traceback.FrameSummary]:
    """The calls within a package, the outermost first."""
    own = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] == package
    ]
    return list(traceback.StackSummary.extract(iter(own)))


def _calls(package: str, error: BaseException) -> str:
    """The calls within a package and what was raised, as Python prints them."""
    lines = [*traceback.format_list(_frames(package, error)), *traceback.format_exception_only(error)]
    return "".join(lines).rstrip()


def _place(package: str, error: BaseException) -> str:
    """` (mycells.py, line 3)`, or nothing where it came from elsewhere."""
    frames = _frames(package, error)
    return f" ({_file(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""


def _first_line(error: BaseException) -> str:
    try:
        text = str(error).strip()
    except Exception:  # a user's own `__str__`
        text = ""
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def _file(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def is_no_fault(error: BaseException) -> bool:
    """Whether the machine or the user at the keyboard is the cause."""
    if isinstance(error, KeyboardInterrupt):
        is_main = threading.current_thread() is threading.main_thread()
        return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    said = _first_line(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in NO_MEMORY)
