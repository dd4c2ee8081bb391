"""Units and what they follow: the states are the cell's own, the features are what the table says, r is Pearson's."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from rnntui.config import make_settings
from rnntui.core.analysis.units.correlation import Correlations
from rnntui.core.analysis.units.features import FEATURES, AnnotatedText, MeasuredFeatures, measure_features
from rnntui.core.analysis.units.information import MutualInformation
from rnntui.core.analysis.units.states import UnitGroup, groups, read_text, state_names, states_at
from rnntui.core.analysis.units.survey import UnitComparison, UnitSurvey, survey_units, telling_passage
from rnntui.core.model import Model
from rnntui.system import pattern

OWN = "own_cell:Leaky"
CELLS = ("rnn", "gru", "lstm", "phased", OWN)
V = 11


def network(cell: str = "lstm", hidden: int = 9, layers: int = 2) -> Model:
    own = (
        {"period": "2:6", "ratio": 0.9} if cell == "phased" else {}
    )  # a unit that stays closed for long forgets nothing
    model = Model(make_settings("text", {"cell": cell, "hidden": hidden, "layers": layers, **own}), V, V, "every")
    model.initialise("uniform", 100, torch.Generator().manual_seed(0))
    return model


def letters(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(V, (count,), generator=torch.Generator().manual_seed(seed))


def read_whole(model: Model, characters: torch.Tensor, chosen: tuple[UnitGroup, ...]) -> np.ndarray:
    found = np.full((len(characters), chosen[-1].first + chosen[-1].count), np.nan, np.float32)
    for block in read_text(model, characters, chosen):
        if block is not None:
            positions, states = block
            assert np.isnan(found[positions]).all(), "each character once"
            found[positions] = states
    assert not np.isnan(found).any(), "every character"
    return found


# The states


def test_the_states_of_an_lstm_are_those_of_torchs_own() -> None:
    model, characters = network(), letters(700)
    theirs = [nn.LSTMCell(cell.d, cell.n) for cell in model.cells]
    with torch.no_grad():
        for other, cell in zip(theirs, model.cells, strict=True):
            for name, parameter in (("weight_ih", cell.W_x), ("weight_hh", cell.W_h), ("bias_ih", cell.b)):
                getattr(other, name).copy_(parameter)
            other.bias_hh.zero_()
        states = [(torch.zeros(1, 9), torch.zeros(1, 9)) for _ in theirs]
        expected = []
        for index in characters:
            x = nn.functional.one_hot(index, V).float().unsqueeze(0)
            for k, other in enumerate(theirs):
                states[k] = other(x, states[k])
                x = states[k][0]
            expected.append(torch.cat([part for layer in states for part in layer], 1)[0])
    found = read_whole(model, characters, groups(model))
    np.testing.assert_allclose(found, torch.stack(expected).numpy(), atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_the_output_that_is_read_is_the_one_that_the_fast_path_computes(cell: str) -> None:
    model, characters = network(cell, layers=1), letters(300)
    with torch.no_grad():
        outputs, _ = model.kernel.run(model.cells[0], characters.unsqueeze(1), model.cells[0].initial_state(1))
    h = groups(model, state="h")
    np.testing.assert_allclose(read_whole(model, characters, h), outputs[:, 0].numpy(), atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_long_text_is_read_in_parts_as_it_is_read_in_one(cell: str) -> None:
    model, characters = network(cell), letters(2_200)
    chosen = groups(model)
    in_parts = read_whole(model, characters, chosen)
    in_one = states_at(model, characters, chosen, 0, len(characters))
    np.testing.assert_allclose(in_parts, in_one, atol=2e-6)
    np.testing.assert_allclose(states_at(model, characters, chosen, 1_300, 1_340), in_one[1_300:1_340], atol=2e-6)


def test_the_groups_are_layers_and_states_and_what_there_is_not_is_refused() -> None:
    model = network()
    assert groups(model) == (
        UnitGroup(1, "h", 0, 9),
        UnitGroup(1, "c", 9, 9),
        UnitGroup(2, "h", 18, 9),
        UnitGroup(2, "c", 27, 9),
    )
    assert groups(model, layer=2, state="c") == (UnitGroup(2, "c", 0, 9),)
    assert state_names(network("gru").cells[0]) == ("h",)
    with pytest.raises(ValueError, match=r"^--layer 3: the network has 2 layers$"):
        groups(model, layer=3)
    with pytest.raises(ValueError, match=r"^--state 'c': the states of this cell are h$"):
        groups(network("gru"), state="c")


# The features


def measured(text: str, *patterns: str) -> MeasuredFeatures:
    return measure_features(text, {each: pattern.covered(each, text, "--feature") for each in patterns})


def marked(name: str, text: str) -> str:
    """Under each character of a text a mark where the feature holds."""
    (feature,) = (feature for feature in FEATURES if feature.name == name)
    return "".join("x" if value else "." for value in feature.values(AnnotatedText(text)))


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("inside quotes", "a “b’s” c", "..xxxx..."),
        ("inside quotes", 'a "b" c "d', "..xx....xx"),
        ("inside quotes", '"a\n\nb"c"', "xxx..xx."),  # the paragraph ends; the next quote opens
        ("inside quotes", "„a“ b", "xx..."),
        ("inside quotes", "»a« «b", "xx...."),
        ("inside quotes", "«a» b", "xx..."),
        ("inside quotes", "``a'' b", ".xxx..."),
        ("inside quotes", "‘a’ don’t", "xx......."),
        ("inside quotes", "‘It’s a’ b", "xxxxxxx..."),
        ("inside brackets", "a (b [c] d) e", "..xxxxxxxx..."),
        ("inside brackets", ":) (a", "....."),
        ("inside brackets", "([)]", "xx.."),  # what closes takes with it what was left open
        ("inside an environment", r"\begin{a}b\end{a}c", "........xxxxxxxx.."),
        ("inside an environment", r"\begin{document}b\end{document}", "." * 31),
        ("inside dollars", "a $b$ c $d", "..xx......"),
        ("inside dollars", "$$a$$ b", "xxx...."),
        ("inside dollars", r"\$a$ b", "......"),
        ("inside a tag", "<a b>c < d", "xxxx......"),
        ("in a capitalised word", "An apple, Don’t", "xx" + "........" + "xxxxx"),
        ("in a sentence's first word", "He is. She was", "xx....." + "xxx...."),
        ("in the indentation", "  a b\n c", "xx...." + "x."),
        ("after a blank", "a b\n", ".x.x"),
        ("after a newline", "a b\n", "...x"),
        ("after punctuation", "a, b", ".x.."),
        ("after a capital", "aBc", ".x."),
        ("after a digit", "a1", ".x"),
        ("vowel", "bäÉя", ".xxx"),
        ("consonant", "ba1か", "x..."),
        ("next is a blank", "a b", "x.."),
        ("next is a newline", "a\n", "x."),
        ("next is punctuation", "a,", "x."),
        ("next is a capital", "aB", "x."),
    ],
)
def test_a_feature_holds_where_the_table_says(name: str, text: str, where: str) -> None:
    assert marked(name, text) == where


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("bracket depth", "a(b[c])", [0, 1, 1, 2, 2, 1, 0]),
        ("position in line", "ab\ncd", [0, 1, 2, 0, 1]),
        ("position in word", "ab, c’d", [1, 2, 0, 0, 1, 2, 3]),
        ("position in sentence", "A. Bc", [0, 0, 1, 2, 3]),
        ("position in paragraph", "a\n\nbc", [0, 1, 0, 1, 2]),
    ],
)
def test_a_feature_counts_what_the_table_says(name: str, text: str, numbers: list[int]) -> None:
    (feature,) = (feature for feature in FEATURES if feature.name == name)
    assert list(feature.values(AnnotatedText(text))) == numbers


def test_every_feature_is_tested_and_documented_and_none_fails_on_odd_texts() -> None:
    tested = re.findall(r'^        \("([^"]+)", ', Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert {feature.name for feature in FEATURES} <= set(tested)
    table = (Path(__file__).parent.parent / "docs" / "spec.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([^|]+) \| ", table.partition("## 8.")[2], re.MULTILINE)[1:] == [
        each.name for each in FEATURES
    ]
    for text in ("", "\n", "“", ")", "\ud800", "\\begin{a}", "$", "\x1b[31m", "ж" * 30):
        measure_features(text)


def test_what_does_not_occur_is_left_out_and_said() -> None:
    found = measured("Ab cd. " * 30, "cd", "z", ".")
    assert found.names[0] == "cd"
    assert found.left_out["z"] == "it does not occur"
    assert found.left_out["."] == "it is so almost throughout"
    assert found.left_out["inside quotes"] == "it does not occur"
    assert found.columns.shape == (210, len(found.names))
    assert found.averages[0] == pytest.approx(2 / 7)
    few = measure_features("x" * 50 + "1")
    assert few.left_out["after a digit"] == "it occurs at 1 character only"


# Regular expressions


def test_a_pattern_covers_its_matches_at_the_ends_of_lines_too() -> None:
    assert pattern.covered("^b|c$", "bc\nbd", "--feature") == bytes([1, 1, 0, 1, 0])
    assert pattern.covered("x*", "axxb", "--feature") == bytes([0, 1, 1, 0])
    assert pattern.covered("\ud800", "a\ud800", "--feature") == bytes([0, 1])


@pytest.mark.parametrize(
    "wrong", ["(a", "[", "*", "(?P<a", "\\", "a{3,1}", "(?a)(?u)x", "\\x", "\\N{none}", "(?i", "(" * 900]
)
def test_what_is_no_regular_expression_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^--feature.* (is not a regular expression: |is nested too deeply)"):
        measured("a text", wrong)


@pytest.mark.parametrize(("given", "says"), [("", "is empty"), ("a" * 1_001, "at most 1,000")])
def test_an_expression_has_a_length(given: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        measured("a text", given)


def test_an_expression_that_backtracks_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "LIMIT", 1)
    with pytest.raises(ValueError, match=r"^--feature '\(a\+\)\+\$' takes too long on this text: it backtracks"):
        measured("a" * 60 + "b", "(a+)+$")


# The correlation


def test_r_is_pearsons_and_point_biserial(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(0)
    states = (draw.normal(size=(3_000, 5)) * [1, 0.01, 100, 1, 1] + [0, 50, -900, 0, 0]).astype(np.float32)
    features = np.stack([draw.random(3_000) < 0.1, draw.normal(size=3_000) + 40, states[:, 2] * 2], 1).astype(
        np.float32
    )
    found = Correlations(features.mean(0))
    for rows in np.array_split(np.arange(3_000), 7):
        found.add(states[rows], features[rows])
    expected = np.corrcoef(states.astype(float), features.astype(float), rowvar=False)[:5, 5:]
    np.testing.assert_allclose(found.r, expected, atol=1e-9)
    assert found.r[2, 2] == pytest.approx(1.0)
    np.testing.assert_allclose(found.spread, states.astype(float).std(0), rtol=1e-6)
    yes = features[:, 0] > 0
    x = states[:, 0].astype(float)
    point_biserial = (x[yes].mean() - x[~yes].mean()) * np.sqrt(yes.mean() * (1 - yes.mean())) / x.std()
    assert found.r[0, 0] == pytest.approx(point_biserial)


def test_a_unit_that_does_not_move_or_is_not_finite_follows_nothing() -> None:
    states = np.stack([np.full(50, 0.7), np.full(50, np.nan), np.arange(50.0)], 1).astype(np.float32)
    features = (np.arange(50) % 2).astype(np.float32)[:, None]
    found = Correlations(features.mean(0))
    found.add(states, features)
    assert np.isnan(found.r[:2]).all()
    assert found.spread[:2].tolist() == [0.0, 0.0]
    assert np.isfinite(found.r[2]).all()


# The mutual information


def information(states: np.ndarray, columns: np.ndarray, pieces: int = 7) -> MutualInformation:
    found = MutualInformation(columns.astype(np.float32))
    for rows in np.array_split(np.random.default_rng(3).permutation(len(states)), pieces):
        found.add(states[rows].astype(np.float32), rows)
    return found


def test_what_is_independent_has_no_information_and_the_correction_makes_it_so() -> None:
    draw = np.random.default_rng(0)
    columns = np.stack([draw.random(4_000) < 0.3, draw.integers(0, 40, 4_000)], axis=1)
    bits = information(draw.normal(size=(4_000, 50)), columns).bits
    assert bits.shape == (50, 2)
    bias = 7 * 7 / (2 * 4_000 * np.log(2))  # of the plain estimate, of 8 bins beside 8
    assert bits[:, 1].mean() < bias / 3
    assert bits.max() < 0.01


def test_a_copy_has_the_entropy_of_what_it_copies_whatever_its_scale() -> None:
    draw = np.random.default_rng(0)
    often, seldom, number = draw.random(9_000) < 0.25, draw.random(9_000) < 0.02, draw.integers(0, 5, 9_000)
    columns = np.stack([often, seldom, ~seldom, number], axis=1).astype(float)
    found = information(-3 * columns - 7, columns)

    def entropy(shares: list[float]) -> float:
        return -sum(share * np.log2(share) for share in shares)

    of_number = entropy([(number == value).mean() for value in range(5)])
    expected = [entropy([marks.mean(), 1 - marks.mean()]) for marks in (often, seldom, ~seldom)]
    np.testing.assert_allclose(np.diag(found.bits), [*expected, of_number], rtol=1e-3)
    np.testing.assert_allclose(np.diag(found.bits), found.entropies, rtol=1e-9)


def test_the_information_of_two_normals_is_that_of_their_correlation_but_for_what_bins_lose() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=40_000)
    noise = draw.normal(size=40_000)
    for rho in (0.3, 0.6, 0.9):
        y = rho * x + np.sqrt(1 - rho**2) * noise
        exact = -0.5 * np.log2(1 - rho**2)
        (found,) = information(x[:, None], y[:, None]).bits.ravel()
        assert 0.75 * exact < found < 1.02 * exact


def test_what_depends_without_a_correlation_is_found() -> None:
    place = np.tile(np.arange(16.0), 500)
    state = np.abs(place - 7.5) + np.random.default_rng(0).normal(size=8_000) * 0.01
    correlations = Correlations(place[:, None].mean(0).astype(np.float32))
    correlations.add(state[:, None].astype(np.float32), place[:, None].astype(np.float32))
    assert abs(correlations.r[0, 0]) < 0.01
    # Of 3 bits, which one of two places that are as far from the middle is not known; the edges of bins lose a little.
    assert 1.8 < information(state[:, None], place[:, None]).bits[0, 0] < 2.02


def test_what_comes_in_pieces_is_counted_as_what_comes_at_once_and_few_characters_are_enough() -> None:
    draw = np.random.default_rng(0)
    states, columns = draw.normal(size=(60, 3)), draw.random((60, 2)) < 0.5
    np.testing.assert_allclose(information(states, columns, 1).bits, information(states, columns, 9).bits)
    assert information(states[:2], columns[:2]).bits.shape == (3, 2)


@pytest.mark.parametrize("N", [2, 3, 4, 9, 30])
def test_of_few_characters_no_more_is_known_than_there_can_be(N: int) -> None:
    draw = np.random.default_rng(N)
    states, columns = draw.normal(size=(N, 5)), np.stack([draw.normal(size=N), draw.integers(0, 2, N)], axis=1)
    found = information(states, columns)
    assert (found.entropies <= np.log2(np.minimum(N, [8, 2])) + 1e-9).all()
    assert (found.bits <= found.entropies + 1e-9).all()


def test_a_unit_that_does_not_move_or_is_not_finite_has_no_information() -> None:
    text = "ab cd " * 50
    model = network("rnn", layers=1)
    with torch.no_grad():
        model.cells[0].W_hx[0], model.cells[0].W_hh[0], model.cells[0].b_h[0] = 0.0, 0.0, 0.5
        model.cells[0].W_hx[1] = float("nan")
    survey = surveyed(model, text)
    assert np.isnan(survey.bits[:2]).all()
    assert survey.ranked_by("mutual-information").best_of(0) is None


# The survey


def surveyed(model: Model, text: str, *patterns: str) -> UnitSurvey:
    vocabulary = sorted(set(text))
    characters = torch.tensor([vocabulary.index(character) for character in text])
    *counts, survey = survey_units(model, characters, measured(text, *patterns), groups(model))
    assert counts[-1] == len(text)
    assert isinstance(survey, UnitSurvey)
    return survey


def planted() -> Model:
    """A network whose third unit is 0.9 from an opening quote on until the closing one."""
    model = network("rnn", layers=1)
    (cell,) = model.cells
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(0.3)
        cell.W_hx[2], cell.W_hh[2], cell.b_h[2] = 0.0, 0.0, 0.0
        cell.W_hh[2, 2] = 3.0
        cell.W_hx[2, 0], cell.W_hx[2, 1] = 9.0, -9.0
    return model


def test_the_unit_that_was_made_to_know_quotes_is_found() -> None:
    draw = np.random.default_rng(1)
    text = "".join(
        f"{'“' if spoken else '”'}" + "".join(draw.choice(list("abc "), size=draw.integers(5, 40)))
        for spoken in [True, False] * 200
    )
    # In the vocabulary's order: the closing quote after the opening one, both behind the letters.
    text = text.replace("“", "\x01").replace("”", "\x02")
    survey = surveyed(planted(), text, "\x01[^\x02]*")
    best = survey.ranked([0])[0]
    assert survey.place(best.column) == (survey.groups[0], 3)
    assert survey.features.names[best.feature] == "\x01[^\x02]*"
    assert best.r > 0.97
    assert [each.r for each in survey.best_units() if each.feature == 0] == [best.r]
    strengths = [abs(each.r) for each in survey.ranked()]
    assert strengths == sorted(strengths, reverse=True)
    assert len(strengths) == 9
    assert survey.ranked([]) == []
    by_bits = survey.ranked_by("mutual-information")
    told = by_bits.ranked([0])[0]
    assert (told.column, told.feature) == (best.column, 0)
    assert 0.9 * survey.entropies[0] < told.bits <= survey.entropies[0] + 1e-9
    every = [each.bits for each in by_bits.ranked()]
    assert every == sorted(every, reverse=True)
    of_features = [each.bits for each in by_bits.best_units()]
    assert of_features == [float(np.nanmax(survey.bits[:, each.feature])) for each in by_bits.best_units()]


def test_the_passage_shown_is_where_the_feature_changes_most() -> None:
    text = "ab cd " * 50
    column = np.zeros(300, np.float32)
    column[150:160] = 1
    start = telling_passage(column, text, 20)
    assert start <= 150 < 160 <= start + 30
    assert start == 0 or text[start - 1] == " "
    assert telling_passage(column[:10], text[:10], 20) == 0


def test_the_ranking_of_128_units_and_20_features_takes_few_seconds_of_one_core() -> None:
    draw = np.random.default_rng(0)
    states, features = draw.random((100_000, 128), np.float32), draw.random((100_000, 20), np.float32)
    began = time.process_time()
    names = tuple(map(str, range(20)))
    found = UnitComparison(MeasuredFeatures(names, features, (False,) * 20, {}))
    for rows in np.array_split(np.arange(100_000), 25):
        found.add(states[rows], rows)
    survey = found.survey([UnitGroup(1, "h", 0, 128)])
    assert survey.r.shape == survey.bits.shape == (128, 20)
    assert time.process_time() - began < 5
