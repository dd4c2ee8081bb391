"""Networks as they are named on the command line: a run, or an ensemble `A+B@best+C@3000`.

The name of a run that an earlier version made may have a `+` or an `@` in it: the longest name that there is counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnntui.commands.run_names import named
from rnntui.runs import Run, folders, weights
from rnntui.runs.better import taken_at
from rnntui.runs.finding import LAST, TEXT
from rnntui.runs.networks import JOIN, MOST_MEMBERS, Adaptation, Checkpoints, Member, NetworkSpec
from rnntui.runs.references import MARK, split_step
from rnntui.runs.steps import NEWEST, OPTION, At
from rnntui.system.output import say


@dataclass(frozen=True)
class NamedMember:
    """A run, and the checkpoint that was named with it, if one was."""

    run: Run
    at: At = None


@dataclass(frozen=True)
class NamedNetwork:
    """The runs that were named, one or, of an ensemble, several."""

    members: tuple[NamedMember, ...]

    def spec(self, at: At = None, option: str = OPTION, adaptation: Adaptation | None = None) -> NetworkSpec:
        """The network at a checkpoint, which counts for each member that was named without one.

        Raises `ValueError` for one that is not kept.
        """
        first, *others = (
            Member(each.run, *taken_at(each.run, at if each.at is None else each.at, option if each.at is None else ""))
            for each in self.members
        )
        return NetworkSpec(first.run, first.step, first.said, tuple(others), adaptation)

    def specs(self, steps: Sequence[At], adaptation: Adaptation | None) -> list[NetworkSpec]:
        """The network at each of several checkpoints. Raises as `spec`."""
        return [self.spec(at, adaptation=adaptation) for at in steps]

    @property
    def name(self) -> str:
        """The names of the runs."""
        return JOIN.join(each.run.name for each in self.members)

    @property
    def runs(self) -> list[Run]:
        """The runs of the members."""
        return [each.run for each in self.members]

    @property
    def key(self) -> tuple[tuple[Path, At], ...]:
        """What two names of one network have in common."""
        return tuple((each.run.path.resolve(), each.at) for each in self.members)


def network_named(root: Path, reference: str) -> NamedNetwork:
    """The network of that name. Raises `ValueError` as `runs.find`, and for a step that is none."""
    parts = list(_parts(root, reference))
    if len(parts) > MOST_MEMBERS:
        raise ValueError(f"{len(parts)} networks in an ensemble: at most {MOST_MEMBERS}")
    for part in parts:
        _say_hidden(root, part)
    return NamedNetwork(tuple(_member(root, part) for part in parts))


def _parts(root: Path, reference: str) -> Iterator[str]:
    """The names between the plus signs."""
    pieces = reference.split(JOIN)
    begin = 0
    while begin < len(pieces):
        ends = range(len(pieces), begin, -1)
        end = next((end for end in ends if _is_named(root, JOIN.join(pieces[begin:end]))), begin + 1)
        name = JOIN.join(pieces[begin:end])
        if not name and len(pieces) > 1:
            raise ValueError(f"{reference!r}: a run is missing beside a {JOIN}")
        yield name
        begin = end


def _say_hidden(root: Path, part: str) -> None:
    """Say where a run, made by an earlier version, is called as an ensemble is."""
    pieces = part.split(JOIN)
    if len(pieces) > 1 and all(piece and _is_named(root, piece) for piece in pieces):
        marked = f"{pieces[0]}{'' if MARK in pieces[0] else f'{MARK}{NEWEST}'}"
        say(f"{part} is the run of that name; the ensemble is {JOIN.join([marked, *pieces[1:]])}")


def _is_named(root: Path, name: str) -> bool:
    before, _, step = name.rpartition(MARK)
    names = [name, before] if before and JOIN not in step else [name]
    return any(each == LAST or folders.at(root, each) is not None for each in names)


def _member(root: Path, reference: str) -> NamedMember:
    name, at = split_step(root, reference)
    return NamedMember(named(root, name, TEXT), at)


def say_taken(networks: Iterable[NetworkSpec]) -> None:
    """Say, each once, where a best checkpoint writes in the place of the newest."""
    for name, said in dict.fromkeys((each.run.name, each.said) for network in networks for each in network.members):
        if said:
            say(f"{name}: {said}")


def say_checkpoints(networks: Iterable[tuple[NetworkSpec, Checkpoints]]) -> None:
    """Say, each once, where a best checkpoint writes in the place of the newest, and where its average does."""
    read = list(networks)
    say_taken(network for network, _ in read)
    averaged = [
        (member.run.name, weights.sentence(member.run, step, which))
        for network, checkpoints in read
        for member, (step, which) in zip(network.members, checkpoints, strict=True)
    ]
    for name, sentence in dict.fromkeys(averaged):
        if sentence:
            say(f"{name}: {sentence}")


def adaptation(adapt: bool, rate: float | None, length: int | None, decay: float | None) -> Adaptation | None:
    """How a network adapts, where it does. Raises `ValueError` for what cannot be, and for settings without `adapt`."""
    given = {name: value for name, value in (("rate", rate), ("length", length), ("decay", decay)) if value is not None}
    if given and not adapt:
        raise ValueError(f"--adapt-{next(iter(given))} says how a network adapts: add --adapt, or leave it out")
    return Adaptation(**given) if adapt else None  # type: ignore[arg-type]
