"""Rank 0 of several processes that train one network: it decides what all do, and says so before each stride."""

import atexit
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import torch
from msgspec import to_builtins
from torch import Tensor

from rnntui.config import Settings, as_dict
from rnntui.core.training.meeting import Built, Software, as_message, check_built, check_software
from rnntui.core.training.parallel import Ranks
from rnntui.schemas import RunConfig
from rnntui.system.world import RanksFailed, World

if TYPE_CHECKING:
    from rnntui.core.training.learner import Learner

BEAT_SECONDS = 20.0  # at which the others hear of rank 0 while it does something else: it is paused, or scores a text
TRAIN, RESTORE, KEEP, BUILD, END, WAIT = range(6)  # orders; TRAIN is followed by the rate and the clip of each step
HELLO, SETUP, BUILT, GO = "hello", "setup", "built", "go"  # messages, in their order


class Leader(Ranks):
    """Rank 0's side. `invite`, `agree` and `pass_on` come in that order, then any of the orders."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._lock = threading.Lock()  # an order is one, whichever thread gives it
        self._is_over = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True, name="heart of rank 0")
        self._is_invited = self._is_agreed = False
        self._is_obeyed = False  # the others wait for orders
        atexit.register(self.close)  # however the command ends, the others do as well

    # --- the beginning ------------------------------------------------------------------------------------------

    def invite(self, name: str, settings: Settings, config: RunConfig | None) -> None:
        """Let the others build the network of a run while this process does.

        Raises `ValueError` where one has other software, and for what `own` refuses.
        """
        if self._is_obeyed:
            with self._lock:
                self._order(BUILD)
                self._is_agreed = self._is_obeyed = False
        self.channels.attempt += 1
        self.channels.run = name
        self._is_invited = True
        self.own(settings)
        if self.channels.attempt == 1:
            hellos = [self.channels.read(f"{HELLO}/{rank}") for rank in range(1, self.world.size)]
            check_software([as_message(Software.here()), *hellos])
        known = {} if config is None else {"kernel": config.kernel, "facts": to_builtins(config.data)}
        self.channels.post(SETUP, {"run": name, "settings": as_dict(settings), **known})

    def agree(self, learner: "Learner", corpus: str) -> None:
        """Wait until all have built it, and connect. Raises `ValueError` where one could not, or built another."""
        others = [self.channels.read(f"{BUILT}/{rank}") for rank in range(1, self.world.size)]
        check_built([as_message(Built.of(learner)), *others], corpus)
        self.channels.post(GO, {"go": True})
        self.channels.open_groups(learner.device)
        self._is_agreed = True

    def pass_on(self, learner: "Learner") -> None:
        super().pass_on(learner)
        self._is_obeyed = True
        if not self._heart.is_alive():
            self._heart.start()

    # --- orders -------------------------------------------------------------------------------------------------

    def train(self, dials: Sequence[tuple[float, float]]) -> None:
        """Let all train a stride; `dials` are learning rate and clip of each step."""
        with self._lock:
            self._order(TRAIN, len(dials))
            if dials:
                self.channels.send(torch.tensor(dials, dtype=torch.float64))

    def restore(self) -> None:
        """Let all go back to where the newest stride began."""
        with self._lock:
            self._order(RESTORE)

    def whole(self, learner: "Learner") -> dict[str, Tensor]:
        """What is kept in a checkpoint, from all."""
        with self._lock:
            self._order(KEEP)
            return super().whole(learner)

    def close(self) -> None:
        """Let all end."""
        self._is_over.set()
        with suppress(RanksFailed), self._lock:
            if self._is_obeyed:
                self._order(END)
            elif self._is_agreed:
                self.channels.send_bytes(b"")  # in the place of the state
            elif self._is_invited:
                self.channels.post(SETUP, {})
                self.channels.post(GO, {})
        self._is_obeyed = self._is_agreed = self._is_invited = False
        self.channels.close()

    def _order(self, what: int, count: int = 0) -> None:
        """Give an order; for whoever holds the lock."""
        self.channels.send(torch.tensor([what, count]))

    def _beat(self) -> None:
        while not self._is_over.wait(BEAT_SECONDS):
            with suppress(RanksFailed), self._lock:  # the next order says it
                if self._is_obeyed:
                    self._order(WAIT)


@cache
def lead(world: World) -> Leader:
    """The leader of this process: there is one, since a run that goes back on the screen is opened again."""
    return Leader(world)
