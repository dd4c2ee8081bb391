"""`score`, `sample` and `write` with `A+B` and `--adapt`: what is printed, what is refused, and the runs untouched."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from command import TINY, as_json, done, refused, rnntui

from rnntui.commands.network_names import network_named
from rnntui.commands.progress import waiting
from rnntui.core.generation.loading import read_predictor
from rnntui.runs import Run, networks
from rnntui.system.signals import DIVERGED

pytestmark = pytest.mark.usefixtures("few_segments")
PROSE = "".join(f"{k * k % 97} green bottles, {k} on the wall;\n" for k in range(60))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs of bottles, one of them with a plus sign in its name, one of other characters."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "bottles.txt").write_text(PROSE, encoding="utf-8")
    (folder / "bottle.txt").write_text(PROSE.replace(";", "☃"), encoding="utf-8")
    train = f"{TINY} --steps 4 --save-every 2 --headless --runs {folder}"
    for name, seed in (("a", 0), ("b", 1), ("ac", 2)):
        done(f"train text {train} --name {name} --seed {seed} --corpus {folder / 'bottles.txt'}")
    (folder / "ac").rename(folder / "a+c")  # as an earlier version would have let it be called
    done(f"train text {train} --name snow --corpus {folder / 'bottle.txt'}")
    return folder


@pytest.fixture(autouse=True)
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNTUI_RUNS", str(place))


@pytest.fixture
def letter(place: Path) -> Path:
    path = place / "letter.txt"
    path.write_text("9 green bottles, Ж on the wall;\n" * 12, encoding="utf-8")
    return path


def bits(found: dict[str, object]) -> np.ndarray:
    every = found["per_character"]
    assert isinstance(every, list)
    return np.array([math.nan if each["bits"] is None else each["bits"] for each in every])


# Names


def test_the_longest_name_that_there_is_counts(place: Path) -> None:
    def named(reference: str) -> list[tuple[str, int | None]]:
        spec = network_named(place, reference).spec()
        return [(member.run.name, member.step) for member in spec.members]

    assert named("a+c") == [("a+c", None)]
    assert named("a+a+c+b") == [("a", None), ("a+c", None), ("b", None)]
    assert named("a@2+b@best+a+c@newest") == [("a", 2), ("b", Run(place / "b").best_step()), ("a+c", 4)]
    assert [m.step for m in network_named(place, "a@2+b").spec(0).members] == [2, 0]
    assert network_named(place, "a@2+b").spec().name == "a+b"


def test_a_run_that_is_called_as_an_ensemble_is_said_to_hide_it(place: Path) -> None:
    """A name with a plus sign is one of an earlier version: a new run cannot have it."""
    (place / "b+a").symlink_to(place / "b")
    try:
        told = rnntui("sample b+a --length 1").stderr
        assert "b+a is the run of that name; the ensemble is b@newest+a" in told
        assert as_json("sample b+a --length 1")["run"] == "b+a"
        assert as_json("sample b@newest+a --length 1")["members"][1]["run"] == "a"
    finally:
        (place / "b+a").unlink()
    assert "is the run of that name" not in rnntui("sample a+c --length 1").stderr  # there is no run c
    sentence = "--name 'x+y': a + joins the names of an ensemble's runs: take another name"
    assert sentence in refused("train palindrome --steps 1 --headless --name x+y")


@pytest.mark.parametrize(
    "typed", ["resume a+b", "gradients a+b", "compare b a+b", "runs show a+b", "train --from a+b", "train --from a@2+b"]
)
def test_an_ensemble_in_the_place_of_a_run_is_called_one(typed: str) -> None:
    assert "is an ensemble, which score, sample and write alone take: name one run, as 'a'" in refused(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("score a+", "'a+': a run is missing beside a +"),
        ("score +a", "'+a': a run is missing beside a +"),
        ("score a+nosuch", "no run 'nosuch'"),
        ("score a@3+b", "run 'a' has no checkpoint of step 3; it has 0, 2, 4"),
        ("score a+b --at 3", "--at: run 'a' has no checkpoint of step 3"),
        ("score a@x", "'a@x': behind the @ is a step, or the word best or newest, not 'x'"),
        ("score a+snow nosuch.txt", "a+snow: the vocabularies differ"),  # before any text is looked for
        ("sample a+snow --adapt", "a+snow: the vocabularies differ"),
        ("score a+snow", "a+snow: the vocabularies differ (run 'a' lacks '☃'; run 'snow' lacks ';')"),
        ("write a+snow --plain", "a+snow: the vocabularies differ (run 'a' lacks '☃'; run 'snow' lacks ';')"),
        (f"score {'+'.join('a' * 17)}", "17 networks in an ensemble: at most 16"),
        ("score a --adapt-rate 1", "--adapt-rate says how a network adapts: add --adapt, or leave it out"),
        ("score a --adapt --adapt-rate 0", "--adapt-rate must be above 0 and at most 1, not 0"),
        ("sample a --adapt --adapt-rate inf", "--adapt-rate must be above 0 and at most 1, not inf"),
        ("write a --adapt --adapt-length 0", "--adapt-length must be at least 1"),
        ("score a --adapt --adapt-decay 2", "--adapt-decay must be at least 0 (none) and at most 1, not 2"),
        ("score a --adapt --adapt-length x", "--adapt-length must be a whole number, not 'x'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(typed: str, sentence: str) -> None:
    assert sentence in refused(typed)


# Scores


@pytest.mark.parametrize("how", ["", " --adapt --adapt-rate 0.001 --adapt-length 9"])
def test_the_score_of_an_ensemble_is_that_of_the_mean_of_its_members(letter: Path, how: str) -> None:
    found = as_json(f"score a+b+a+c {letter} --per-character{how}")
    each = [as_json(f"score {name} {letter} --per-character{how}") for name in ("a", "b", "a+c")]
    mean = -np.log2(np.mean([2.0 ** -bits(one) for one in each], axis=0))
    np.testing.assert_allclose(bits(found), mean, rtol=1e-9, atol=1e-12)
    alone = [one["bits_per_character"] for one in each]
    assert [member["bits_per_character"] for member in found["members"]] == alone
    assert found["gain_over_best"] == min(alone) - found["bits_per_character"]
    assert [member["step"] for member in found["members"]] == [4, 4, 4]
    told = done(f"score a+b+a+c {letter}{how}")
    assert "(step 4, alone)" in told
    assert "gain over the best" in told


def test_an_ensemble_of_one_is_the_one_to_the_bit_and_twice_the_same_that_one(letter: Path) -> None:
    one, twice = (as_json(f"score {name} {letter} --per-character") for name in ("a", "a+a"))
    np.testing.assert_allclose(bits(twice), bits(one), rtol=1e-12, atol=1e-12)
    assert "members" not in one
    spec = network_named(Path(letter.parent), "a").spec()
    assert type(read_predictor(spec).network).__name__ == "Snapshot"


def test_the_score_of_an_adapting_network_says_what_it_gains_and_sums_to_its_bits(letter: Path) -> None:
    found = as_json(f"score a {letter} --adapt --adapt-rate 0.003 --per-character")
    plain = as_json(f"score a {letter}")
    assert found["bits_per_character_without_adapting"] == plain["bits_per_character"]
    assert found["gain_of_adapting"] == plain["bits_per_character"] - found["bits_per_character"]
    assert found["gain_of_adapting"] > 0.1
    assert found["adaptation"] == {"rate": 0.003, "length": 20, "decay": networks.Adaptation().decay}
    assert found["total_bits"] == pytest.approx(float(np.nansum(bits(found))), rel=1e-12)
    lines = done(f"score a {letter} --adapt --adapt-rate 0.003 --per-character").splitlines()
    assert sum(float(line.split("\t")[2] or 0) for line in lines) == pytest.approx(found["total_bits"], abs=1e-3)
    told = done(f"score a {letter} --adapt --adapt-rate 0.003")
    assert told.startswith(f"a · step 4 · adapting rate 0.003 · {letter}\n")
    gain = f"{plain['bits_per_character']:.4f} (adapting gains {found['gain_of_adapting']:.4f})"
    assert gain in told
    assert as_json("score a --adapt")["in_training"] is not None


def test_adapting_that_diverges_is_said_and_ends_with_the_status_of_divergence(letter: Path) -> None:
    diverged = rnntui(f"score a+b {letter} --adapt --adapt-rate 1")
    assert diverged.exit_code == DIVERGED
    assert "adapting diverged: it made the network worse than guessing, which costs 4." in diverged.stderr
    well = rnntui(f"score a+b {letter} --adapt --adapt-rate 0.003")
    assert (well.exit_code, "diverged" in well.stderr) == (0, False)


def test_what_is_measured_before_a_network_adapts_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_SECONDS", 0.0)
    for command in ("sample a", "write a b --plain", "write a --check html --samples 1"):
        assert "measuring the network before it adapts: 0%" in rnntui(f"{command} --length 1 --adapt").stderr
        assert "measuring" not in rnntui(f"{command} --length 1").stderr


def test_the_runs_are_left_as_they_are(place: Path, letter: Path) -> None:
    def digest() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for name in ("a", "b")
            for path in sorted((place / name).rglob("*"))
            if path.is_file()
        }

    before = digest()
    assert before
    done(f"score a+b {letter} --adapt --adapt-rate 0.01 --svg {place / 'picture.svg'}")
    done("sample a+b --adapt --adapt-rate 0.01 --length 50 --prompt green")
    assert digest() == before
    assert "adapting rate 0.01" in (place / "picture.svg").read_text(encoding="utf-8").replace("&#160;", " ")


# Texts


def test_one_seed_writes_one_text_on_every_front_end(place: Path) -> None:
    how = "--prompt green --length 50 --temperature 1 --seed 3 --adapt --adapt-rate 0.01"
    sampled = as_json(f"sample a+b {how}")
    assert as_json(f"write a+b {how}")["text"] == sampled["text"]
    assert done(f"sample a+b {how}") == f"green{sampled['text']}\n"
    assert (sampled["run"], [member["step"] for member in sampled["members"]]) == ("a+b", [4, 4])
    assert sampled["text"] != as_json("sample a+b --prompt green --length 50 --temperature 1 --seed 3")["text"]
    block = done(f"write a+b a+c --plain {how}")
    assert block.startswith(f"a+b · steps 4, 4 · adapting rate 0.01 · temp 1\ngreen{sampled['text']}\n\na+c · step 4")


def test_the_bits_of_what_was_read_are_those_of_the_score(place: Path, letter: Path) -> None:
    text = letter.read_text(encoding="utf-8").replace("Ж", "")
    read = json.loads(json.dumps(as_json(f"write a+b --adapt --length 0 --prompt '{text}'")))
    (place / "read.txt").write_text(text, encoding="utf-8")
    found = as_json(f"score a+b {place / 'read.txt'} --adapt --per-character")
    told = [math.nan if each is None else each for each in read["prompt_bits"]]
    np.testing.assert_array_equal(told, bits(found))


def test_texts_of_an_ensemble_are_checked_too(place: Path) -> None:
    told = done("write a+b --check html --samples 2 --length 20 --at 2")
    assert told.startswith("a+b · steps 2, 2 · temp 0.5 · 2 texts of 20 characters")


def test_a_network_named_twice_writes_once(place: Path) -> None:
    assert len(done("write a+b a+b --plain --length 5 --at 2").splitlines()) >= 2
    assert done("write a+b a+b --plain --length 5").count("steps 4, 4") == 1
