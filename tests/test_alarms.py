"""What a trainer warns of: a loss far above that of guessing, once and again where it grows a thousandfold."""

import json
import math

import pytest
from command import TINY, as_json, rnntui, run_named

from rnntui.config import WINDOW
from rnntui.core.training.metrics import Figures
from rnntui.core.training.warnings import Alarm, Alarms, loss_alarms
from rnntui.specs import NATS

BAD = f"train palindrome {TINY} --optimizer sgd --lr 1e5 --clip 1e5 --seed 3 --log-every 10 --name wild"


def figures(loss: float, batches: int) -> Figures:
    made = Figures()
    made.follow(1, [loss] * batches, [0.1] * batches)
    return made


@pytest.mark.parametrize(
    ("loss", "batches", "is_over", "warned"),
    [
        (1e30, WINDOW, False, True),
        (1e30, WINDOW - 1, False, False),
        (1e30, 5, True, True),
        (2 * math.log(10) + 1e-6, WINDOW, False, True),
        (2 * math.log(10) - 1e-6, WINDOW, False, False),
        (math.log(10), WINDOW, True, False),
    ],
)
def test_a_loss_is_worse_than_guessing_from_twice_that_of_guessing_on(
    loss: float, batches: int, is_over: bool, warned: bool
) -> None:
    assert bool(loss_alarms(figures(loss, batches), math.log(10), NATS, is_over=is_over)) == warned
    assert not loss_alarms(Figures(), math.log(10), NATS, is_over=True)


def test_a_held_out_loss_is_warned_of_by_itself() -> None:
    overfitted = figures(0.1, WINDOW)
    overfitted.validation_loss = 9.0
    (alarm,) = loss_alarms(overfitted, math.log(50), NATS, is_over=False)
    assert "worse than guessing: a loss of 9 nats (held-out part), where uniform guessing gives 3.91" in alarm.sentence


def test_an_alarm_is_said_once_and_again_a_thousand_times_worse() -> None:
    alarms = Alarms([Alarm("known", 2.0, "known")])
    said = [alarms.new([Alarm("loss", excess, f"{excess:g}")]) for excess in (1.0, 900.0, 1e3, 5.0, 1e3, 1e9, math.inf)]
    assert said == [["1"], [], ["1000"], [], [], ["1e+09"], ["inf"]]
    assert alarms.new([Alarm("known", 3.0, "known")]) == []


def test_a_run_whose_loss_explodes_but_stays_finite_says_so_and_ends_with_0() -> None:
    result = rnntui(f"{BAD} --steps 150 --headless")
    assert result.exit_code == 0
    assert "wild: step 100: worse than guessing: a loss of " in result.stderr
    assert "wild is finished: step 150, worse than guessing" in result.stdout
    again = rnntui("resume wild --steps 160 --headless")
    assert again.stderr.count("worse than guessing: a loss of ") == 1  # on the way in, and not again
    assert as_json("runs show wild")["state"] == "finished"
    assert run_named("wild").steps_saved(whole=True)[-1] == 160


def test_json_says_whether_a_run_is_worse_than_guessing() -> None:
    assert json.loads(rnntui(f"{BAD} --steps 20 --json").stdout)["worse_than_guessing"] is True
    assert as_json(f"train palindrome {TINY} --steps 20")["worse_than_guessing"] is False
