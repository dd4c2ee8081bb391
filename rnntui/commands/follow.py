"""The ranks other than 0 of `torchrun … -m rnntui train` or `resume`: no command line of their own is read.

What rank 0 was told they hear from it. They say nothing, but where rank 0 cannot.
"""

import os
import signal
import sys
import time
from contextlib import suppress

from rnntui.commands.outcome import MISTAKE
from rnntui.system import consent, output
from rnntui.system.failures import details, explain
from rnntui.system.signals import FAILED, SIGNALS
from rnntui.system.world import RanksFailed, World

TELL_SECONDS = 2.0  # that rank 0 is given to say that a rank is gone, if it is there
LEAVE_SECONDS = 10.0  # that rank 0 is given to say why it ends, before torchrun hears that this rank has


def follow(world: World) -> int:
    """Train along with rank 0; the exit status."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    consent.give_for_all(from_here=True)  # rank 0 has it of whoever started it
    _leave_the_terminal()
    try:
        return _follow(world)
    except Exception as error:
        output.say(f"rank {world.rank}: {explain(error, training=True)}")
        return FAILED


def _follow(world: World) -> int:
    from rnntui.core.training import following
    from rnntui.core.training.channels import REASON
    from rnntui.core.training.parallel import Ranks, Refused

    ranks = Ranks(world)
    try:
        learner = following.join(ranks)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # rank 0 heeds them, saves, and lets all end
        while following.serve(ranks, learner):
            learner = following.join(ranks)
        ranks.channels.close()
        return 0
    except Refused:
        time.sleep(LEAVE_SECONDS)
        return MISTAKE
    except RanksFailed as error:
        if world.rank == 1 and not ranks.channels.is_told(TELL_SECONDS):
            output.say(str(error))
        return FAILED
    except Exception as error:
        if calls := details(error):
            output.say(calls)
        with suppress(RanksFailed):
            ranks.channels.post(REASON, {REASON: explain(error, training=True)})
        return FAILED


def _leave_the_terminal() -> None:
    """Let what libraries print lead nowhere where it would go across the screen of rank 0."""
    if os.isatty(2):
        own = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        sys.stderr = open(own, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
