"""Recipes: what a text run starts from by the size of its corpus, and that every front end starts from it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command import rnntui
from hypothesis import given
from hypothesis import strategies as st

from rnntui import config
from rnntui.commands import launch
from rnntui.core.tasks.text import TextTask
from rnntui.core.training.learner import Learner
from rnntui.runs import Run, folder, making
from rnntui.specs.recipes import BOOK, FEWEST_STEPS, QUICK, TINY, TRAINED_ON, WINDOWS, TextRecipe, dropped

PROSE = "".join(f"line {k} of {k * k % 97} lines, all of them alike; " for k in range(1_000))[:30_000]
RECIPES = {"tiny": TINY, "quick": QUICK, "book": BOOK}


def epochs(values: dict[str, int], size: int) -> float:
    return values["steps"] * values["batch"] * values["length"] / (TRAINED_ON * size)


def weights(values: dict[str, int]) -> float:
    return 4 * values["hidden"] ** 2 * (2 * values["layers"] - 1) * (1.2 if values["layer_norm"] else 1)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@given(size=st.integers(0, 2**30))
def test_a_recipe_fits_every_size(recipe: TextRecipe, size: int) -> None:
    values = recipe(size, {})
    settings = config.make_settings("text", values)
    assert settings.hidden <= recipe.hidden
    if settings.stateful:
        assert TRAINED_ON * size >= WINDOWS * settings.batch * settings.length, "streams are long enough"
    if settings.steps > FEWEST_STEPS:
        size = max(size, 1)
        assert epochs(values, size) <= 1.1 * recipe.epochs
        work = recipe.work if settings.layer_norm else recipe.plain * recipe.work
        assert weights(values) * settings.steps * settings.batch * settings.length <= 1.1 * work
        assert settings.dropout == dropped(recipe.counted * epochs(values, size), settings.layer_norm), (
            "what is read often is dropped more of"
        )


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_larger_corpus_gets_no_smaller_network_and_no_more_dropout(recipe: TextRecipe) -> None:
    every = [recipe(size, {}) for size in (20_000, 100_000, 400_000, 2_000_000, 10_000_000, 2**30)]
    hidden, dropout, of_state = (
        [values[name] for values in every] for name in ("hidden", "dropout", "dropout_recurrent")
    )
    assert hidden == sorted(hidden)
    assert dropout == sorted(dropout, reverse=True)
    assert of_state == sorted(of_state, reverse=True)
    assert hidden[0] < hidden[-1]
    assert dropout[0] > dropout[-1]


@pytest.mark.parametrize(
    ("recipe", "size", "steps", "dropout", "of_state"),
    [
        (QUICK, 1_115_394, 5_600, 0.1, 0.1),  # tinyshakespeare
        (QUICK, 99_993, 1_300, 0.3, 0.25),
        (BOOK, 1_985_223, 4_900, 0.1, 0.2),  # Anna Karenina
    ],
)
def test_what_was_measured_is_what_a_recipe_sets(
    recipe: TextRecipe, size: int, steps: int, dropout: float, of_state: float
) -> None:
    values = recipe(size, {})
    assert (values["steps"], values["dropout"], values["dropout_recurrent"]) == (steps, dropout, of_state)


def test_without_layer_normalisation_it_trains_longer_and_drops_nothing_of_the_state() -> None:
    normed, plain = BOOK(1_985_223, {}), BOOK(1_985_223, {"layer_norm": False})
    assert plain["dropout_recurrent"] == 0.0
    assert plain["dropout"] > normed["dropout"]
    assert plain["steps"] > 2 * normed["steps"], "a step without takes less work, too"


def test_what_is_given_decides_what_follows_from_it() -> None:
    plain, wide = QUICK(2_000_000, {}), QUICK(2_000_000, {"hidden": 2 * QUICK.hidden})
    assert wide["hidden"] == 2 * QUICK.hidden
    assert wide["steps"] == pytest.approx(plain["steps"] / 4, rel=0.05), "the work stays the same"
    assert QUICK(2_000_000, {"batch": 100_000})["stateful"] is False, "streams that would be too short"


def test_scoring_takes_a_small_share_of_the_work() -> None:
    for size in (20_000, 2_000_000, 2**30):
        values = QUICK(size, {})
        assert values["validate_on"] <= 1_000_000
        scored = min(values["validate_on"] or 2**62, size // 10)
        times = values["steps"] / values["validate_every"]
        assert times * scored / 3 <= 0.08 * values["steps"] * values["batch"] * values["length"]


def test_a_new_run_starts_from_the_usual_recipe_and_the_report_s_is_kept(make_corpus: Callable[..., Path]) -> None:
    corpus = str(make_corpus(PROSE))
    new, values = launch.settings_of("text", {"corpus": corpus}, None), QUICK(len(PROSE), {})
    assert {name: getattr(new, name) for name in values} == values
    report = launch.settings_of("text", {"corpus": corpus}, "report")
    assert report == config.make_settings("text", {"corpus": corpus}), "the report's are the declared defaults"
    assert launch.settings_of("text", {"corpus": corpus}, "source") == report, "as it was called before"
    assert launch.settings_of("text", {"corpus": corpus, "hidden": 7}, None).hidden == 7
    assert making.settings("noise", {}) == config.make_settings("noise", {})


def test_a_first_palindrome_has_20_digits_and_the_declared_defaults_have_a_preset_of_their_own() -> None:
    first, declared = making.settings("palindrome", {}), config.make_settings("palindrome", {})
    assert (first.cell, first.hidden, first.length, first.steps) == ("lstm", 128, 20, 1_500)
    assert (first.optimizer, first.lr, first.clip, first.init) == ("adam", 0.0005, 1.0, "orthogonal")
    assert making.settings("palindrome", {}, "short") == declared
    assert making.settings("palindrome", {"input": "scalar", "init": "normal"}, "report") == config.make_settings(
        "palindrome", {}, "report"
    )


def test_steps_follow_the_length_of_a_palindrome_and_what_was_not_measured_begins_with_the_declared_defaults() -> None:
    steps = {length: making.settings("palindrome", {"length": length}).steps for length in (5, 20, 40, 50, 200, 10**9)}
    assert steps == {5: 1_500, 20: 1_500, 40: 6_000, 50: 9_375, 200: 10_000, 10**9: 10_000}
    assert making.settings("palindrome", {"length": 40, "steps": 7}).steps == 7
    assert making.settings("palindrome", {"cell": "gru"}).steps == 3_000
    for odd in ({"input": "scalar"}, {"cell": "mine:Cell"}):
        assert making.settings("palindrome", odd) == config.make_settings("palindrome", odd), odd


def test_the_command_says_what_it_starts_from_and_records_it(make_corpus: Callable[..., Path]) -> None:
    corpus = make_corpus(PROSE)
    result = rnntui(f"train text --corpus {corpus} --steps 3 --name short --headless")
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("--preset quick: ")]
    assert f"--hidden {QUICK(len(PROSE), {})['hidden']} " in line
    assert "--steps" not in line, "what was given is not said"
    assert len(line) <= 100
    assert not {"0", "0.0", "--validate-on", "--sample-length"} & set(line.split()), "nor what is off"


def test_a_corpus_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"no corpus 'nowhere.txt'"):
        launch.settings_of("text", {"corpus": "nowhere.txt"}, None)


def test_a_part_of_the_held_out_text_is_scored_where_that_is_asked(make_corpus: Callable[..., Path]) -> None:
    given = {"corpus": str(make_corpus(PROSE)), "hidden": 8, "batch": 4, "steps": 1}
    whole, part, cut = (
        Learner(config.make_settings("text", {**given, "validate_on": characters})) for characters in (0, 1_000, 0)
    )
    assert isinstance(cut.task, TextTask)
    cut.task.held_out = cut.task.held_out[:1_000]
    scores = [[*learner.task.validate(learner.model)][-1].loss for learner in (whole, part, cut)]
    assert scores[1] == scores[2] != scores[0]


@pytest.mark.parametrize(
    ("cell", "more", "scale"),
    [
        ("lstm", {}, 1.0),
        ("lstm", {"layer_norm": False}, 16.0),
        ("rnn", {}, 1.0),
        ("rnn", {"layer_norm": False}, 16.0),
        ("gru", {}, 1.0),
        ("mine:Cell", {}, 1.0),
        ("lstm", {"input_scale": 2.0}, 2.0),
        ("rnn", {"layer_norm": True}, 1.0),
    ],
)
def test_weights_from_the_characters_begin_larger_in_cells_that_gain_by_it(
    cell: str, more: dict[str, float], scale: float
) -> None:
    is_normed = more.get("layer_norm", cell in ("rnn", "lstm", "gru"))
    assert making.settings("text", {"corpus": "pydoc", "cell": cell, **more}).layer_norm == is_normed
    assert making.settings("text", {"corpus": "pydoc", "cell": cell, **more}).input_scale == scale
    assert making.settings("text", {"corpus": "pydoc", "cell": cell, **more}, "tiny").input_scale == scale
    assert making.settings("text", {"corpus": "pydoc", "cell": cell}, "report").input_scale == 1.0


def test_a_network_of_before_goes_on_with_the_preset_that_has_other_weights_now(corpus: Path) -> None:
    assert rnntui(f"train text --corpus {corpus} --steps 3 --input-scale 1 --name before --headless").exit_code == 0
    result = rnntui("train text --from before --preset quick --steps 3 --name after --headless")
    assert result.exit_code == 0, result.stderr
    assert Run(folder() / "after").settings().input_scale == 1.0
