"""What is known of the selected run, and what its open view shows, as the first part of the explanation."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from rnntui.config import belongs, caption, settings_of
from rnntui.runs.beside import Beside, beside
from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.training.task_pane import TaskPane

MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")  # every sign that a backslash takes its meaning from


def about(pane: TaskPane, explained: Callable[[str], str], drawing: float) -> str:
    """The run of a pane with its settings, and its view as the screen explains it, in Markdown.

    `drawing` is the share of a core that drawing the screen takes.
    """
    shown, name = pane.views.shown, pane.views.shown_name
    view = f"\n\n# {name[:1].upper()}{name[1:]}\n\n{explained(shown.ABOUT)}" if shown is not None else ""
    return f"{_run(pane.session, drawing)}{view}"


def _run(session: Session, drawing: float) -> str:
    status = session.status
    place = ", ".join(part for part in (status.device, format.kernel(status.kernel, status.kernel_why)) if part)
    size = format.counted(status.parameters, "parameter") if status.parameters else ""
    held = f"its process holds {format.memory(status.memory)}" if status.memory else ""
    on_device = f"{format.memory(status.device_memory)} of the device's memory" if status.device_memory else ""
    facts = [f"Folder `{session.run.path}`", size, place, held, on_device]
    facts.append(f"drawing this screen takes {format.figure(100 * drawing)} % of a core")
    known = 0
    with suppress(ValueError, OSError):
        known = session.run.config().data.size or 0
    usual = beside(session.settings, known)
    settings = " · ".join(_settings(session, usual))
    return (
        f"# `{session.run.name}`\n\n{'; '.join(fact for fact in facts if fact)}.\n\n"
        f"{settings} (**bold** is what else than network, text and steps differs from {usual.what})"
    )


def _settings(session: Session, usual: Beside) -> Iterator[str]:
    settings = session.settings
    for declared in settings_of(settings.task):
        if belongs(declared, settings.cell, settings.optimizer):
            said = f"{caption(declared.name)} {_in_words(getattr(settings, declared.name))}"
            yield f"**{said}**" if declared.name in usual.differing else said


def _in_words(value: Any) -> str:
    return MARKDOWN.sub(r"\\\g<0>", format.setting_read(value))  # a text may have signs of Markdown in it
