"""The best value of an axis for each place on the others: by seeds solved, then steps, then accuracy."""

from typing import Any

from rnntui.sweeps.best import chosen
from rnntui.sweeps.table import Group

RATES = (0.001, 0.01, 0.1)


def group(
    lr: float, accuracies: tuple[float, ...], solved_at: tuple[int, ...] = (), runs: int = 3, **point: Any
) -> Group:
    return Group({"lr": lr, **point}, accuracies, solved_at, runs)


def rate(groups: list[Group]) -> float:
    """The chosen rate where there is one line."""
    (best,) = chosen(groups, "lr")
    return float(best.group.point["lr"])


def test_what_more_seeds_solve_is_best_whatever_the_accuracy_and_the_steps() -> None:
    assert rate([group(0.001, (0.9, 0.9), (500, 600)), group(0.01, (1.0, 1.0), (10,)), group(0.1, (1.0,))]) == 0.001


def test_among_those_that_as_many_solve_fewer_steps_are_best() -> None:
    assert (
        rate([group(0.001, (1.0,), (500, 700)), group(0.01, (0.98,), (550, 600)), group(0.1, (1.0,), (1, 1300))])
        == 0.01
    )


def test_where_none_is_solved_the_higher_mean_accuracy_is_best() -> None:
    assert rate([group(0.001, (0.2, 0.4)), group(0.01, (0.1, 0.9)), group(0.1, (0.45,))]) == 0.01


def test_of_a_regression_the_lower_mean_loss_is_best_and_a_group_without_one_the_last() -> None:
    losses = ((0.001, (0.3, 0.5)), (0.01, (0.1, 0.5)), (0.1, ()))
    assert rate([Group({"lr": lr}, given, (), 2, in_loss=True) for lr, given in losses]) == 0.01


def test_of_equals_the_first_is_taken_and_a_group_of_failures_is_the_last() -> None:
    assert rate([group(0.001, (0.5,)), group(0.01, (0.5,))]) == 0.001
    assert rate([group(0.001, (), runs=0), group(0.01, (0.1,))]) == 0.01


def test_there_is_a_best_for_each_place_on_the_other_axes_in_their_order() -> None:
    groups = [
        group(lr, (accuracy,), optimizer=optimizer)
        for optimizer, row in (("sgd", (0.1, 0.2, 0.9)), ("adam", (0.1, 0.8, 0.3)))
        for lr, accuracy in zip(RATES, row, strict=True)
    ]
    found = chosen(groups, "lr")
    assert [(best.group.point["optimizer"], best.group.point["lr"]) for best in found] == [("sgd", 0.1), ("adam", 0.01)]


def test_a_best_at_the_first_or_last_value_that_was_searched_is_at_the_edge() -> None:
    for place, at_edge in enumerate((True, False, True)):
        groups = [group(lr, (float(k == place),)) for k, lr in enumerate(RATES)]
        assert [best.at_edge for best in chosen(groups, "lr")] == [at_edge]
    assert not chosen([group(0.1, (1.0,))], "lr")[0].at_edge


def test_a_run_of_too_few_steps_takes_no_share_away() -> None:
    short = Group({"lr": 0.001}, (1.0,), (100,), 3, too_short=2)
    assert rate([group(0.01, (1.0,), (90, 100)), short]) == 0.001
