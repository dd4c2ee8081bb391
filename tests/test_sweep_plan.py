"""What a sweep's file says, and what it may not say."""

import os
from pathlib import Path

import pytest
from msgspec import structs

from rnntui.config import make_settings
from rnntui.sweeps import plan as plans
from rnntui.sweeps.folder import Sweep, read_plan
from rnntui.sweeps.plan import BUILT_IN, find, read


def refused(text: str) -> str:
    with pytest.raises(ValueError) as error:
        read(text, "mine", "mine.toml")
    return str(error.value)


def test_axes_make_every_combination_the_last_axis_fastest() -> None:
    plan = read("[axes]\nlength = [5, 6]\ncell = ['rnn', 'lstm']\nseed = [0, 1]", "mine", "mine.toml")
    jobs = plan.jobs()
    assert [job.name for job in jobs[:3]] == ["length5-rnn-seed0", "length5-rnn-seed1", "length5-lstm-seed0"]
    assert len(jobs) == 8
    assert (jobs[-1].settings.length, jobs[-1].settings.cell, jobs[-1].settings.seed) == (6, "lstm", 1)
    assert all(job.settings.threads == 1 for job in jobs)


def test_a_preset_is_under_the_base_and_the_base_under_the_axes() -> None:
    text = "[base]\npreset = 'source'\nclip = 2.0\n[axes]\ninit = ['uniform', 'normal']"
    first, second = (job.settings for job in read(text, "mine", "mine.toml").jobs())
    assert (first.input, first.clip, first.init, second.init) == ("scalar", 2.0, "uniform", "normal")


def test_a_sweep_keeps_the_settings_that_followed_its_corpus_whatever_becomes_of_the_file(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    book.write_text("all work and no play; " * 1_000, encoding="utf-8")
    text = f"[base]\ntask = 'text'\npreset = 'quick'\ncorpus = {str(book)!r}\n[axes]\nseed = [0, 1]"
    begun = Sweep.open(tmp_path, "mine", read(text, "a", "a"))
    settings = [job.settings for job in begun.plan.jobs()]
    begun.close()
    book.write_text("all work and no play; " * 90_000, encoding="utf-8")
    assert read(text, "a", "a").jobs()[0].settings != settings[0]
    kept = read_plan(tmp_path / "mine")
    assert [job.settings for job in kept.jobs()] == settings
    longer = read(text.replace("1]", "1, 2]"), "a", "a")
    with pytest.raises(ValueError, match="is not the one that sweep 'mine' was begun with"):
        Sweep.open(tmp_path, "mine", longer)
    book.unlink()
    assert [job.settings for job in read_plan(tmp_path / "mine").jobs()] == settings


def test_a_sweep_that_was_begun_with_a_preset_of_an_earlier_name_is_the_same() -> None:
    text = "[base]\npreset = '{}'\n[axes]\nseed = [0, 1]"
    before, now = (read(text.format(name), "mine", "mine.toml") for name in ("source", "report"))
    assert before == now == type(now).from_content(structs.replace(now.as_content(), base={"preset": "source"}))


def test_variants_are_named_settings_over_the_base() -> None:
    text = "[base]\ninit = 'normal'\n[variants.'A b']\ncell = 'rnn'\n[variants.C]\ninit = 'chrono'\n[axes]\nseed = [3]"
    a, c = read(text, "mine", "mine.toml").jobs()
    assert (a.name, a.settings.cell, a.settings.init) == ("A-b-seed3", "rnn", "normal")
    assert (c.name, c.settings.cell, c.settings.init) == ("C-seed3", "lstm", "chrono")


def test_values_that_are_close_or_long_have_runs_of_their_own() -> None:
    long = "x" * 120
    text = f"[variants.{long}1]\nlr = 0.1\n[variants.{long}2]\nlr = 0.2\n[axes]\nclip = [0.1234567, 0.1234568, 1.0]"
    names = [job.name for job in read(text, "mine", "mine.toml").jobs()]
    assert len(set(names)) == 6
    assert max(map(len, names)) == 100
    assert read("[axes]\nlr = [0.1234567, 1e-5]", "mine", "mine.toml").jobs()[0].name == "lr0.1234567"


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_plans_are_whole(name: str) -> None:
    plan = find(name)
    assert plan.title != name
    assert plan.figure.kind in plans.FIGURES
    assert plan.search is not None or plan.jobs()


def test_the_sweep_of_lengths_is_as_the_report_ran_it() -> None:
    jobs = find("lengths").jobs()
    assert len(jobs) == 15 * 2 * 2
    for s in (job.settings for job in jobs):
        assert (s.steps, s.lr, s.optimizer, s.input, s.init, s.hidden, s.batch) == (
            10_000,
            0.001,
            "rmsprop",
            "scalar",
            "normal",
            128,
            128,
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[bass]\nsteps = 3", "no key 'bass' (did you mean base?)"),
        ("[axes]\nlenght = [3]", "no setting 'lenght' (did you mean length?)"),
        ("[base]\nlenght = 3\n[axes]\nseed = [1]", "no setting 'lenght'"),
        ("[base]\ncorpus = 'x'\n[axes]\nseed = [1]", "palindrome task has no setting 'corpus'"),
        ("[axes]\nlength = []", "the axis length is empty"),
        ("[axes]\nlength = 5", "must be a list"),
        ("[axes]\nlength = ['five']", "length must be a whole number, not 'five'"),
        ("[axes]\nlength = [5.5]", "length must be a whole number, not 5.5"),
        ("[axes]\nlength = [true]", "length must be a whole number, not True"),
        ("[axes]\ncell = [3]", "cell must be a word in quotes, not 3"),
        ("[axes]\nlength = [0]", "--length must be at least 1, not 0"),
        ("[axes]\ncell = ['gru', 'lstn']", "did you mean lstm?"),
        ("[axes]\nlength = [5, 5]", "has 5 twice"),
        ("[axes]\nlength = [5]\nlength = [6]", "a name occurs twice"),
        ("[base]\nlength = 5\n[axes]\nlength = [6]", "length is set in [base] and in [axes]"),
        ("[variants.a]\ncell = 'rnn'\n[axes]\ncell = ['gru']", "cell is set in [axes] and in [variants]"),
        ("[base]\nsteps = 5", "has no [axes]"),
        ("axes = 3", "axes must be a table"),
        ("[axes", "line 1 ('[axes'): the [ of a table is not closed"),
        ("[base]\ntask = 'palindrom'\n[axes]\nseed = [1]", "no task 'palindrom' (did you mean palindrome?)"),
        ("[base]\npreset = 'sauce'\n[axes]\nseed = [1]", "no preset 'sauce'"),
        ("[axes]\nseed = [1]\n[figure]\nkind = 'pie'", "kind 'pie' is unknown"),
        ("[axes]\nseed = [1]\n[figure]\nx = 'length'", "x = 'length' is not an axis"),
        ("[axes]\nseed = [1]\nlr = [0.1]\n[figure]\nchoose = 'seed'", "choose = 'seed' is not an axis: there are lr"),
        ("[axes]\nseed = [1]\n[figure]\nkind = 'frontier'", "needs a table [search]"),
        ("[axes]\nseed = [1]\n[search]\naxis = 'cell'", "not a whole-number setting"),
        ("[axes]\nseed = [1]\n[search]\nstart = 7\nlimit = 3", "start must be from 1 to limit"),
        ("[axes]\nseed = [1]\n[search]\nshare = 0.0", "share must be above 0"),
        (
            "[base]\nsteps = 99\n[axes]\nseed = [1]\n[search]\nlimit = 60",
            "needs at least 100 steps to see what is solved, not 99",
        ),
        ("[axes]\nlength = [1]\n[search]\nstart = 1", "length is set in [axes] and in [search]"),
        ("[axes]\ncell = ['a.b:C', 'a.b;C']", "'a.b;C' is unknown"),
        ("[axes]\ncell = ['a.b:C', 'a.b::C']", "differ only in characters"),
        ("title = 3\n[axes]\nseed = [1]", "title must be text in quotes or null, not a whole number"),
        ("[base]\npreset = ['source']\n[axes]\nseed = [1]", "no preset ['source']"),
        ("[axes]\ninit = ['normal']\n[search]\naxis = 'seed'", "not a whole-number setting"),
        ("[axes]\nseed = [1]\n[search]\naxis = 'batch'\nlimit = 3_000_000_000", "--batch must be at most"),
        ("[variants.'!!!']\nlr = 0.1", "which cannot be a run's name"),
        ("[variants.last]\nlr = 0.1", "which cannot be a run's name"),
        (
            f"[axes]\nseed = {list(range(400))}\nlength = {list(range(1, 400))}",
            "159,600 runs; the maximum is 100,000",
        ),
        ("[axes]\nseed = [1979-05-27T07:32:00Z]", "seed must be a whole number, not 1979-05-27 07:32:00+00:00"),
        ("axes = " + "[" * 100_000, "is not readable TOML"),
        (f"[axes]\nseed = [{'1' * 5000}]", "is not readable TOML"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_in_one_sentence(text: str, words: str) -> None:
    sentence = refused(text)
    assert words in sentence
    assert "\n" not in sentence


def test_several_values_given_make_an_axis_and_one_a_base_setting() -> None:
    plan = find("lengths").with_given({"length": [3], "steps": [7], "lr": [0.1, 0.2]})
    assert plan.axes["length"] == [3]
    assert plan.axes["lr"] == [0.1, 0.2]
    assert plan.base["steps"] == 7
    assert len(plan.jobs()) == 1 * 2 * 2 * 2


def test_what_a_search_or_a_variant_decides_cannot_be_given() -> None:
    with pytest.raises(ValueError, match="searches for it itself"):
        find("frontier").with_given({"length": [5]})
    with pytest.raises(ValueError, match="sets it in its variants"):
        find("frontier").with_given({"cell": ["rnn"]})
    with pytest.raises(ValueError, match="has none"):
        find("lengths").with_limit(5)


def test_a_heading_names_what_was_given_and_nothing_that_stayed() -> None:
    plan = find("lengths")
    assert plan.with_given({"cell": ["rnn", "lstm"], "steps": [10_000]}).heading == plan.heading == plan.title
    given = plan.with_given({"length": [2, 3], "steps": [200], "hidden": [16], "stop_at": [0.5]})
    assert given.heading == f"{plan.title} (length 2, 3; steps 200; hidden 16; stop at 0.5)"
    again = plans.Plan.from_content(given.as_content()).with_given({"steps": [300], "seed": list(range(9))})
    assert again.heading.endswith("(length 2, 3; steps 300; hidden 16; stop at 0.5; seed 0, 1, 2, … 8)")


def test_a_limit_below_the_start_of_a_search_lowers_the_start() -> None:
    search = find("frontier").with_limit(5).search
    assert search is not None
    assert (search.start, search.limit) == (5, 5)
    with pytest.raises(ValueError, match="--limit must be at least 1, not 0"):
        find("frontier").with_limit(0)


def test_a_plan_survives_its_json() -> None:
    for name in BUILT_IN:
        assert plans.Plan.from_content(find(name).as_content()) == find(name)


def test_a_missing_file_and_an_unknown_name_are_told_apart() -> None:
    with pytest.raises(ValueError, match="did you mean lengths"):
        find("length")
    with pytest.raises(ValueError, match="it does not exist"):
        find("nowhere.toml")


def test_a_wrong_value_late_on_an_axis_is_found_before_the_combinations_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    monkeypatch.setattr(plans, "make_settings", lambda *given: made.append(given) or make_settings(*given))
    rates = [*(0.001 * k for k in range(1, 100)), -1.0]
    with pytest.raises(ValueError, match=r"--lr must be above 0, not -1\.0"):
        plans.read(f"[axes]\nseed = {list(range(1_000))}\nlr = {rates}", "mine", "mine")
    assert len(made) < 1_200  # of 100,000


def test_more_runs_than_there_may_be_are_refused_before_any_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "make_settings", lambda *given: pytest.fail("a run was made"))
    axes = {name: list(range(1, 1_001)) for name in ("seed", "hidden", "length")}
    text = "\n".join(f"{name} = {values}" for name, values in axes.items())
    with pytest.raises(ValueError, match=r"its axes make 1,000,000,000 runs; the maximum is 100,000"):
        plans.read(f"[axes]\n{text}", "mine", "mine")
    content = plans.PlanContent(name="mine", title="t", base={}, axes=axes)
    with pytest.raises(ValueError, match=r"its axes make 1,000,000,000 runs"):
        plans.Plan.from_content(content)


def test_a_plan_that_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    for name, kind in (("pipe.toml", "a pipe"), ("folder.toml", "a folder")):
        with pytest.raises(ValueError, match=f"the sweep file .*{name}' is {kind}, not a file"):
            find(str(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = " + "[" * 5_000, "its brackets are nested too deeply"),
        ("a = " + "9" * 5_000, "it has a number with too many digits"),
        ("[search]\nstart = 'x'", "search.start must be a whole number, not text in quotes"),
        ("[figure]\nx = 3", "figure.x must be text in quotes, not a whole number"),
    ],
)
def test_what_is_no_plan_is_told_in_our_words(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(text, "mine", "mine.toml")
