"""What can be typed at the prompt of a plain terminal: one table, of which help, completion and the page are made."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from rnntui.plain import words
from rnntui.plain.console import Console, pace
from rnntui.plain.trend import trend
from rnntui.probes import NAMES, View
from rnntui.sessions import doubts, ending, going_back
from rnntui.sessions.contract import GONE, OVER
from rnntui.text import format
from rnntui.text.sanitize import one_line

YES = "yes"  # behind a command that would ask


@dataclass(frozen=True)
class PlainCommand:
    """A word to type, what follows it (empty: nothing), what it does, and how; `offered` are words that may follow."""

    name: str
    argument: str
    does: str
    act: Callable[[Console, str], None]
    asks: bool = False  # something of a run in training: not of one that is only looked at
    offered: Callable[[Console], Sequence[str]] = lambda console: ()


def find(word: str) -> PlainCommand:
    """The command of a word. Raises `ValueError` where there is none."""
    for command in COMMANDS:
        if command.name == word.lower():
            return command
    near = [command.name for command in COMMANDS if command.name.startswith(word[:2].lower())]
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise ValueError(f"there is no command {one_line(word)!r}: {hint}help lists them")


def completions(console: Console) -> dict[str, dict[str, None] | None]:
    """Each word with what may follow it."""
    return {
        command.name: dict.fromkeys(offered) if (offered := command.offered(console)) else None for command in COMMANDS
    }


# --- what they do ---------------------------------------------------------------------------------------------------


def _status(console: Console, argument: str) -> None:
    for session in console.sessions:
        console.say(words.standing(session))
    console.say(f"{console.chosen.run.name}: {words.details(console.chosen)}")


def _trend(console: Console, argument: str) -> None:
    session = console.chosen
    curves, unit = session.curves, session.spec.unit.name
    console.say_of(session, trend(f"loss ({unit})", curves.loss))
    if session.spec.has_accuracy:
        console.say_of(session, trend("accuracy", curves.accuracy))
    if curves.held_out_loss.appended:
        console.say_of(session, trend(f"held-out loss ({unit})", curves.held_out_loss))


def _pause(console: Console, argument: str) -> None:
    console.check_trains()
    console.chosen.pause(True)


def _continue(console: Console, argument: str) -> None:
    console.check_trains()
    if console.chosen.status.run.state == "diverged":
        raise ValueError("it has diverged: back goes to a checkpoint first")
    console.chosen.pause(False)


def _changer(word: str, event: str) -> Callable[[Console, str], None]:
    def change(console: Console, argument: str) -> None:
        console.check_trains()
        typed, _, answer = argument.partition(" ")
        or_zero = event == "clip"
        value = _number(word, typed, or_zero=or_zero)
        if (doubt := doubts.doubt(event, value)) and answer.strip() != YES:
            console.say(f"{doubt} Then type {word} {typed} {YES}")
            return
        console.chosen.change(event, value)

    return change


def _temperature(console: Console, argument: str) -> None:
    _check_text(console)
    value = _number("temperature", argument, or_zero=True)
    console.chosen.set_temperature(value)
    if console.chosen.status.run.state in OVER:
        console.say_of(console.chosen, f"temperature {value:g}")


def _sample(console: Console, argument: str) -> None:
    _check_text(console)
    if not console.chosen.samples:
        raise ValueError("it has drawn no sample yet; say asks it for an answer")
    sample = console.chosen.samples[-1]
    at = f"step {sample.step:,}, temperature {sample.temperature:.3g}"
    console.say_of(console.chosen, f"{at}: {one_line(sample.text)}")


def _ask(console: Console, argument: str) -> None:
    _check_text(console)
    if not argument:
        raise ValueError("say takes the beginning of a text, as in: say He did not")
    console.chosen.ask(argument, console.chosen.temperature)


def _views(console: Console, argument: str) -> None:
    for view in _measurable(console):
        console.say(f"view {view}: {NAMES[view]}")


def _view(console: Console, argument: str) -> None:
    views = _measurable(console)
    view = next((view for view in views if view == argument), None)
    if view is None:
        raise ValueError(f"view takes {' or '.join(views)}, not {one_line(argument)!r}")
    console.measure(view)


def _save(console: Console, argument: str) -> None:
    console.check_trains()
    console.chosen.save()


def _back(console: Console, argument: str) -> None:
    session = console.chosen
    if why_not := going_back.why_not_back(session):
        raise ValueError(why_not)
    way = going_back.ways_back(session)[0]
    if argument != YES:
        console.say(f"{going_back.what_it_costs(session, [way])} It is the checkpoint {way.what}. Then type back {YES}")
    else:
        session.go_back(way.step)


def _resume(console: Console, argument: str) -> None:
    session = console.chosen
    if session.status.run.state != "lost":
        raise ValueError(f"run {session.run.name} has its process; continue goes on after a pause")
    session.revive()


def _run(console: Console, argument: str) -> None:
    names = _names(console)
    if argument not in names:
        raise ValueError(f"run takes the name of one that is here: {format.listed(names)}")
    console.chosen = console.sessions[names.index(argument)]
    console.say(words.standing(console.chosen))


def _every(console: Console, argument: str) -> None:
    console.set_pace(pace(argument))
    console.say(f"a report every {format.duration(console.every)}")


def _detach(console: Console, argument: str) -> None:
    ending.to_give(console.sessions, "quit leaves it there")
    console.is_detaching = console.is_left = True


def _stop(console: Console, argument: str) -> None:
    session = console.chosen
    if why_not := session.why_not_ended:
        raise ValueError(why_not)
    if argument != YES:
        console.say(f"{session.what_ending_does} Then type stop {YES}")
    else:
        session.end()


def _quit(console: Console, argument: str) -> None:
    console.is_left = True


def _help(console: Console, argument: str) -> None:
    for command in COMMANDS if not argument else [find(argument)]:
        console.say(f"{f'{command.name} {command.argument}'.strip()}: {command.does}")


def _number(word: str, typed: str, *, or_zero: bool) -> float:
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (value == 0 and not or_zero):
        what = "0 or a number above it" if or_zero else "a number above 0"
        raise ValueError(f"{word} takes {what}, not {one_line(typed)!r}")
    return value


def _check_text(console: Console) -> None:
    if not console.chosen.spec.generates:
        raise ValueError(f"run {console.chosen.run.name} is not trained on text, so it writes none")


def _measurable(console: Console) -> list[View]:
    session = console.chosen
    state, name = session.status.run.state, session.run.name
    if state in GONE:
        raise ValueError(f"run {name} {GONE[state]}: there is no network to look into")
    if session.looks_only:
        raise ValueError(f"run {name} is only looked at here, by its files: there is no network to look into")
    if not session.views:
        raise ValueError("still loading the network" if state == "loading" else "this network has no view to measure")
    return list(session.views)


def _names(console: Console) -> list[str]:
    return [session.run.name for session in console.sessions]


COMMANDS: tuple[PlainCommand, ...] = (
    PlainCommand("status", "", "how each run stands, and rate, clip and device of the chosen one", _status),
    PlainCommand("trend", "", "what the curves did, in words", _trend),
    PlainCommand("pause", "", "pause after this step", _pause, asks=True),
    PlainCommand("continue", "", "go on after a pause", _continue, asks=True),
    PlainCommand("rate", "NUMBER", "the learning rate from the next step on", _changer("rate", "learning_rate"), True),
    PlainCommand(
        "clip", "NUMBER", "the gradient's bound from the next step on; 0: none", _changer("clip", "clip"), True
    ),
    PlainCommand("temperature", "NUMBER", "of answers and samples: 0 likeliest, 1 as learned", _temperature, asks=True),
    PlainCommand("sample", "", "the newest text that the network wrote by itself", _sample),
    PlainCommand("say", "TEXT", "let the network continue this text", _ask, asks=True),
    PlainCommand("views", "", "what can be measured of the network", _views),
    PlainCommand(
        "view",
        "NAME",
        f"measure it now: {', '.join(f'{view} ({NAMES[view]})' for view in get_args(View))}",
        _view,
        offered=lambda console: console.chosen.views,
    ),
    PlainCommand("save", "", "write a checkpoint now", _save, asks=True),
    PlainCommand("back", f"[{YES}]", "go back to a checkpoint and pause there", _back, True, lambda _: (YES,)),
    PlainCommand("resume", "", "train a run on whose process is gone", _resume),
    PlainCommand("run", "NAME", "choose the run that the other commands concern", _run, offered=_names),
    PlainCommand("every", "TIME", "the pace of reports, as 10s, 2m or 1h", _every),
    PlainCommand("detach", "", "leave, and let the training go on in a process of its own", _detach),
    PlainCommand("stop", f"[{YES}]", "save and end the training of the chosen run", _stop, True, lambda _: (YES,)),
    PlainCommand("quit", "", "leave: what trains here is saved, what trains elsewhere goes on", _quit),
    PlainCommand("help", "[COMMAND]", "this list", _help, offered=lambda _: [command.name for command in COMMANDS]),
)
