"""`rnntui config`: what the user has set once for all commands, where each value comes from, and changes of it.

Nothing is written that would not be read: a change is checked as the whole file is.
"""

import os
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rnntui.commands import default_options
from rnntui.config import nearest
from rnntui.runs.folders import folder
from rnntui.system import output, toml_edit, user_config
from rnntui.system.errors import sentence
from rnntui.system.output import as_json, say
from rnntui.text.sanitize import shown_text

USUAL = {"on-hangup": "stop", "notify": "off", "theme": user_config.THEMES[0], "runs": "runs"}
HEADS = ("name", "value", "from")
EDITORS = ("VISUAL", "EDITOR")  # variables that name one
TEMPLATE = """# What rnntui does unless an option says otherwise: `rnntui config` shows it, docs/config.md explains it.
# theme = "light"
# runs = "~/runs"
# on-hangup = "detach"

# [options]
# threads = 2

# [keys]
# "laboratory.pause" = "p"
"""


@dataclass(frozen=True)
class Configured:
    """A value and where it comes from; `None` is not set."""

    name: str
    value: Any
    source: str


def show(*, wants_json: bool) -> None:
    """Print every value and where it comes from. Raises `ValueError` for a file that will not do."""
    from rnntui.commands.tables import print_table

    values = list(_values())
    if wants_json:
        print(as_json({"path": str(user_config.path()), "values": [asdict(each) for each in values]}))
        return
    print_table(HEADS, [[each.name, _shown(each.value), each.source] for each in values])
    print(shown_text(f"{user_config.path()}{'' if user_config.path().exists() else ' (not there yet)'}"))


def _values() -> Iterator[Configured]:
    text = user_config.read()
    check(text)
    table = user_config.content(text)
    for name in user_config.KNOWN:
        if name == "runs" and os.environ.get("RNNTUI_RUNS"):
            yield Configured(name, str(folder()), "RNNTUI_RUNS")
        elif name in table:
            yield Configured(name, table[name], _source(text, name))
        else:
            yield Configured(name, USUAL.get(name), "default")
    for of in user_config.TABLES:
        for name, value in toml_edit.flat(table.get(of, {})):
            yield Configured(f"{of}.{name}", value, _source(text, f"{of}.{name}"))


def _source(text: str, name: str) -> str:
    line = toml_edit.line_of(text, name)
    return user_config.path().name if line is None else f"{user_config.path().name}, line {line}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def check(text: str) -> None:
    """Raise `ValueError`, naming the line, for a text that would not do as the file."""
    table = user_config.content(text)
    for name, value in toml_edit.flat(table.get("options", {})):
        default_options.checked(name, value, user_config.place(text, f"options.{name}"))
    if keys := dict(toml_edit.flat(table.get("keys", {}))):
        from rnntui.tui.actions import check_keys

        check_keys({name: (key, user_config.place(text, f"keys.{name}")) for name, key in keys.items()})


def set_value(name: str, typed: str) -> None:
    """Set a value in the file. Raises `ValueError` where it is no such value, and then nothing is changed."""
    table, _, key = name.partition(".")
    if not key:
        table, key = "", name
    if table not in ("", *user_config.TABLES) or (not table and name not in user_config.KNOWN):
        known = [*user_config.KNOWN, *(f"{of}.NAME" for of in user_config.TABLES)]
        raise ValueError(f"{name!r} is unknown{nearest(name, known)}: there are {', '.join(known)}")
    value = default_options.read_value(key, typed) if table == "options" else typed
    if value is None:
        raise ValueError(f"{name} needs a value: `rnntui config unset {name}` takes it away")
    if table == "options":
        of, _, key = key.rpartition(".")
        table = f"{table}.{of}" if of else table
    if not typed.isprintable():
        raise ValueError(f"{name} cannot be {typed!r}: it holds what cannot be printed")
    before = user_config.read()
    user_config.content(before)
    _replace(name, lambda: toml_edit.with_value(before, table, key, value))
    print(shown_text(f"{name} is {_shown(value)}, in {user_config.path()}"))


def unset(name: str) -> None:
    """Take a value out of the file. Raises `ValueError` where there is none."""
    before = user_config.read()
    user_config.content(before)
    try:
        _replace(name, lambda: toml_edit.without(before, name))
    except KeyError:
        known = dict(toml_edit.flat(user_config.content(before)))
        raise ValueError(f"{name!r} is not set in {str(user_config.path())!r}{nearest(name, known)}") from None
    print(shown_text(f"{name} is no longer set, in {user_config.path()}"))


def _replace(name: str, changed: Any) -> None:
    """Write the changed text, once it was checked."""
    try:
        after: str = changed()
    except toml_edit.NotEditable as error:
        raise ValueError(f"{name} cannot be changed by itself, {error}: `rnntui config edit` opens the file") from None
    check(after)
    try:
        user_config.write(after)
    except OSError as error:
        raise ValueError(f"{str(user_config.path())!r} cannot be written: {sentence(error)}") from None


def edit() -> int:
    """Open the file in the user's editor, and check it afterwards; the exit status of the editor."""
    if not output.is_typed_at():
        raise ValueError(f"config edit needs a terminal: the file is {str(user_config.path())!r}")
    if not user_config.path().exists():
        user_config.write(TEMPLATE)
    words = next((named for name in EDITORS if (named := os.environ.get(name))), "vi")
    say(f"{user_config.path()}: waiting for {words} …")
    try:
        status = subprocess.run([*shlex.split(words), str(user_config.path())], check=False).returncode
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"the editor {words!r} cannot be started ({why}): EDITOR names another one") from None
    check(user_config.read())
    return status
