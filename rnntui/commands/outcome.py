"""How a command ends: every error becomes one sentence in Typer's box and an exit status, never a traceback.

A `ValueError` that rnntui raises is a user's mistake, exit status 2; what fails while running is 1.
"""

import errno
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from rnntui.commands.usage import in_words
from rnntui.system import consent, output
from rnntui.system.errors import LeadsNowhere, Note, Unwritable
from rnntui.system.failures import details, explain, is_mistake
from rnntui.system.output import say, steadfast
from rnntui.system.signals import FAILED
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MISTAKE = 2  # exit status
NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)


class Said(typer.BadParameter):
    """One sentence in Typer's box, and an exit status."""

    def __init__(self, sentence: str, exit_status: int) -> None:
        super().__init__(shown_text(sentence))
        self.exit_code = exit_status

    def format_message(self) -> str:
        return self.message


class Commands(TyperGroup):
    """The commands; errors of all of them become a sentence and an exit status here."""

    def main(self, *args: Any, **how: Any) -> Any:
        """Run the command line on streams that are safe to write to, and see to it that its results arrive."""
        consent.forget()
        with output.safe_streams() as results, _notes_said():
            try:
                try:
                    return super().main(*args, **how)
                except SystemExit as left:
                    if not left.code:
                        results.deliver()
                    raise
            except BrokenPipeError:
                sys.exit(0)
            except Unwritable as error:
                _show(Said(explain(error), FAILED))
                sys.exit(FAILED)
            finally:
                steadfast(sys.stdout).flush()

    def make_context(self, *args: Any, **how: Any) -> Any:
        with _one_sentence():
            return super().make_context(*args, **how)

    def invoke(self, ctx: Any) -> Any:
        with _one_sentence():
            return super().invoke(ctx)


@contextmanager
def _one_sentence() -> "Iterator[None]":
    """Turn any exception into one of Typer's, safe to show."""
    try:
        yield
    except BrokenPipeError:  # the reader has seen enough
        raise typer.Exit from None
    except Unwritable:
        raise
    except Exception as error:
        if isinstance(error, typer.Abort) or not hasattr(error, "format_message"):
            if isinstance(error, typer.Abort | typer.Exit):
                raise
            if calls := details(error):
                say(calls)
            raise Said(explain(error), _status(error)) from None
        sentence = shown_text(in_words(error))  # may repeat what was typed
        error.format_message = lambda: sentence
        raise


@contextmanager
def _notes_said() -> "Iterator[None]":
    """While open, a note is one line on standard error; other warnings are shown as before."""
    with warnings.catch_warnings():
        before = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if isinstance(message, Note):
                say(str(message))
            else:
                before(message, category, *where, **more)

        warnings.showwarning = show
        warnings.simplefilter("always", Note)
        yield


def _show(said: Said) -> None:
    from typer import rich_utils

    rich_utils.rich_format_error(said)


def _status(error: Exception) -> int:
    """2 for a mistake in the command, 1 for a failure while running."""
    is_no_place = isinstance(error, LeadsNowhere) or getattr(error, "errno", None) in NOT_ALLOWED
    return MISTAKE if is_mistake(error) or is_no_place else FAILED
