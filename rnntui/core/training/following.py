"""The ranks other than 0 of several processes that train one network: they do what rank 0 says, and write nothing."""

from dataclasses import replace
from pathlib import PurePath

import msgspec
import torch

from rnntui import corpora
from rnntui.config import Settings, from_dict, spec
from rnntui.core.training.leading import BUILD, BUILT, END, GO, HELLO, KEEP, RESTORE, SETUP, TRAIN
from rnntui.core.training.learner import Learner, StateSnapshot
from rnntui.core.training.meeting import Built, Software, as_message
from rnntui.core.training.parallel import Ranks, Refused
from rnntui.schemas import CorpusFacts
from rnntui.system.failures import explain, is_mistake


def join(ranks: Ranks) -> Learner:
    """The learner that rank 0 asks for, in the state that it has there.

    Raises `Refused` where nothing is trained, and `RanksFailed` where another rank is gone.
    """
    ranks.channels.attempt += 1
    if ranks.channels.attempt == 1:
        ranks.channels.post(f"{HELLO}/{ranks.world.rank}", as_message(Software.here()))
    learner = _build(ranks)
    ranks.channels.open_groups(learner.device)
    ranks.pass_on(learner)
    return learner


def _build(ranks: Ranks) -> Learner:
    """The learner that rank 0 asks for. Raises `Refused` where it does not begin."""
    setup = ranks.channels.read(SETUP)
    if not setup:
        raise Refused
    ranks.channels.run = setup["run"]
    learner, built = None, Built()
    try:
        learner = _learner(ranks, setup)
        built = Built.of(learner)
    except Exception as error:  # rank 0 says it
        built = Built(problem=str(error) if is_mistake(error) else explain(error, training=True))
    ranks.channels.post(f"{BUILT}/{ranks.world.rank}", as_message(built))
    if not ranks.channels.read(GO) or learner is None:
        raise Refused
    return learner


def _learner(ranks: Ranks, setup: "dict[str, object]") -> Learner:
    settings = from_dict(setup["settings"])  # type: ignore[arg-type]
    facts = msgspec.convert(setup["facts"], CorpusFacts) if "facts" in setup else None
    if spec(settings).has_corpus:
        settings = replace(settings, corpus=_place_here(settings, facts))
    return Learner(settings, facts, str(setup.get("kernel", "")), ranks=ranks)


def _place_here(settings: Settings, facts: CorpusFacts | None) -> str:
    """Where rank 0's corpus is on this machine: known by its hash, at the same path, or by its name."""
    if facts is not None and facts.sha256:
        return corpora.whereabouts(facts, settings).place
    try:
        corpora.find(settings.corpus)
    except ValueError:
        return PurePath(settings.corpus).stem
    return settings.corpus


def serve(ranks: Ranks, learner: Learner) -> bool:
    """Do what rank 0 says until it ends; or until it builds the network anew: whether it does.

    Raises `RanksFailed` where another rank is gone, and whatever a step raises.
    """
    snapshot = StateSnapshot(learner)
    while True:
        order = torch.zeros(2, dtype=torch.int64)
        ranks.channels.send(order)
        what, count = order.tolist()
        if what == TRAIN:
            snapshot.refresh()
            dials = torch.empty(count, 2, dtype=torch.float64)
            if count:
                ranks.channels.send(dials)
            for learning_rate, clip in dials.tolist():
                learner.train_one(learning_rate, clip)
        elif what == RESTORE:
            snapshot.restore()
        elif what == KEEP:
            ranks.whole(learner)
        elif what in (BUILD, END):
            return bool(what == BUILD)
