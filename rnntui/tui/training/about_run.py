"""What is known of the selected run, and what its open view shows, as the first part of the explanation."""

from collections.abc import Iterator
from typing import Any

from rnntui.config import belongs, caption, settings_of
from rnntui.runs.overview import differing
from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.training.task_pane import TaskPane


def about(pane: TaskPane) -> str:
    """The run of a pane with its settings, and its view, in Markdown."""
    session, shown = pane.session, pane.views.shown
    named = next((name for name, view in pane.views.named.items() if view is shown), "")
    view = f"\n\n# {named[:1].upper()}{named[1:]}\n\n{shown.ABOUT.strip()}" if shown is not None else ""
    return f"{_run(session)}{view}"


def _run(session: Session) -> str:
    status = session.status
    place = ", ".join(part for part in (status.device, status.kernel) if part)
    size = format.counted(status.parameters, "parameter") if status.parameters else ""
    held = f"its process holds {format.memory(status.memory)}" if status.memory else ""
    on_device = f"{format.memory(status.device_memory)} of the device's memory" if status.device_memory else ""
    facts = [f"Folder `{session.run.path}`", size, place, held, on_device]
    settings = " · ".join(_settings(session))
    return (
        f"# `{session.run.name}`\n\n{'; '.join(fact for fact in facts if fact)}.\n\n"
        f"{settings} (**bold** is what differs from the defaults)"
    )


def _settings(session: Session) -> Iterator[str]:
    settings = session.settings
    changed = differing(settings)
    for declared in settings_of(settings.task):
        if belongs(declared, settings.cell, settings.optimizer):
            said = f"{caption(declared.name)} {_in_words(getattr(settings, declared.name))}"
            yield f"**{said}**" if declared.name in changed else said


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return f"`{value}`" if isinstance(value, str) and value else str(value or "none") if value != 0 else "0"
