"""`rnntui units`: what it prints, draws and refuses."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import tiny
from command import as_json, done, refused, rnntui, said
from conftest import PROSE

from rnntui.commands import text_picture
from rnntui.corpora import parts
from rnntui.runs import Run
from rnntui.system import output
from rnntui.text import in_columns
from rnntui.text.bars import BARS
from rnntui.text.state_scale import COLOURS, STEPS, StateScale
from rnntui.text.surprisal_scale import INK

LSTM = {"cell": "lstm", "layers": 2}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(PROSE)
    return path


@pytest.fixture
def run(corpus: Path) -> Run:
    return tiny.trained(tiny.text(corpus, steps=3, **LSTM), "book")


def test_the_tables_name_the_best_unit_of_each_feature_and_the_units_in_their_order(run: Run) -> None:
    printed = done("units book --top 3 --feature bottles")
    assert printed.startswith(
        "book · step 3 · the held-out part of book\n32 units of layer 1 (h, c) and layer 2 (h, c);"
    )
    features, units = printed.split("\n\n")[1:3]
    rows = re.findall(
        r"^(\S.*?)  +(mean \S+|\S+%) +\d\.\d\d +(\d) ([hc]) (\d+) +([+-][01]\.\d+) +\d\.\d\d  ([▁-█]+)$",
        features,
        re.MULTILINE,
    )
    strengths = [abs(float(row[5])) for row in rows]
    assert strengths == sorted(strengths, reverse=True)
    assert {"bottles", "after a blank", "position in line", "vowel"} <= {row[0] for row in rows}
    assert units.startswith("units by what was asked\n")
    assert len(re.findall(r"^bottles ", units, re.MULTILINE)) == 3
    assert "\nleft out: inside quotes, " in printed
    assert "\nread: decoded as ASCII" in printed


def test_json_has_every_correlation_and_the_tables_figures(run: Run) -> None:
    found = as_json("units book --top 5 --layer 2 --state c --characters 300")
    assert (found["run"], found["step"], found["weights"], found["units_compared"]) == ("book", 3, "raw", 8)
    assert found["characters"] == 300
    assert found["of"] == f"the first 300 of {len(PROSE) // 10:,} characters of the held-out part of book"
    assert len(found["units"]) == 5
    for unit in found["units"]:
        assert (unit["layer"], unit["state"]) == (2, "c")
        assert unit["correlations"][unit["follows"]] == unit["r"]
        assert abs(unit["r"]) == max(abs(r) for r in unit["correlations"].values())
    for feature in found["features"]:
        assert all(
            abs(unit["correlations"][feature["feature"]]) <= abs(feature["r"]) + 1e-12 for unit in found["units"]
        )
    assert found["left_out"]["inside quotes"] == "it does not occur"


def test_units_are_ranked_by_their_mutual_information_if_asked(run: Run) -> None:
    found = as_json("units book --top 5 --characters 300 --by mutual-information")
    assert found["by"] == "mutual-information"
    assert as_json("units book --characters 300")["by"] == "correlation"
    every = [unit["bits"] for unit in found["units"]]
    assert every == sorted(every, reverse=True)
    for unit in found["units"]:
        assert unit["bits"] == unit["mutual_information"][unit["follows"]] == max(unit["mutual_information"].values())
    for feature in found["features"]:
        assert 0 <= feature["bits"] <= feature["entropy"] + 1e-9
    assert "bits: their mutual information, by which they are ranked" in done("units book --by mutual-information")
    assert "--by 'mi' is unknown: there are correlation and mutual-information" in refused("units book --by mi")


def test_a_text_of_ones_own_is_read_and_what_the_network_lacks_is_left_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("green “bottles” ☃ on, " * 20)
    result = rnntui("units book own.txt --json")
    assert said(result).startswith("left out: 60 characters not in the network's corpus: ")
    found = json.loads(result.stdout)
    assert found["of"] == "own.txt"
    assert found["left_out_characters"] == {"“": 20, "”": 20, "☃": 20}
    assert "inside quotes" in {feature["feature"] for feature in found["features"]}  # of the text as it was


def test_what_is_printed_is_safe_whatever_the_text_holds(tmp_path: Path) -> None:
    path = tmp_path / "wild.txt"
    path.write_text(("\x1b[31m red \x9b2J 漢字 é\u202e\u0301\t." + "word on word " * 25 + "\n") * 200)
    tiny.trained(tiny.text(path, steps=2), "wild")
    result = rnntui("units wild --feature '\\x1b.*?m'", "--svg", "wild.svg")
    assert result.exit_code == 0
    assert set(re.findall(r"[^\x20-\x7e\n]", result.output)) <= {*BARS, "·", "…", "↵", "→", "漢", "字", "é"}
    ElementTree.parse(tmp_path / "wild.svg")


def test_the_pictures_show_the_passage_in_the_shades_of_its_states(run: Run, tmp_path: Path) -> None:
    result = rnntui("units book --top 2 --svg a.svg --figure b.svg")
    assert "drawn: a.svg" in result.stderr
    words = (tmp_path / "a.svg").read_text()
    filled = set(re.findall(r'fill="(#\w+)"', words))
    assert any(set(side) <= filled for side in (COLOURS[:STEPS], COLOURS[STEPS + 1 :]))
    assert len(re.findall(r"&#160;·&#160;unit&#160;", words)) == 2
    figure = ElementTree.parse(tmp_path / "b.svg").getroot()
    assert len(figure.findall(".//{*}g[@id='QuadMesh_1']")) == 1
    assert len([g for g in figure.iter() if (g.get("id") or "").startswith("axes_")]) == 4  # two texts, two scales


def test_a_narrow_terminal_has_no_strips_and_no_figure_is_cut(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "columns", lambda: 60)
    printed = done("units book --top 2")
    assert not set(BARS) & set(printed)
    assert all(len(line) <= 60 for line in printed.splitlines()[3:-3])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("units digits few.txt", "FILE is for a run of a text, and 'digits' was trained on palindromes"),
        ("units digits --feature a", "--feature is for a run of a text"),
        ("units digits --encoding cp437", "--encoding is for a run of a text"),
        ("units digits --similar x", "--similar 'x': it does not occur in 1,000 sequences of palindrome"),
        ("units digits --weights averaged", "--weights averaged: "),
        ("units fresh", "run 'fresh' has no checkpoint yet"),
        ("units nowhere", "no run 'nowhere'"),
        ("units book --feature '(a'", "--feature '(a' is not a regular expression: a ( has no ), at character 1"),
        ("units book --feature quince", "--feature 'quince': it does not occur in the held-out part of book"),
        ("units book --layer 3", "--layer 3: the network has 2 layers"),
        ("units book --state x", "--state 'x': the states of this cell are h, c"),
        ("units book --top 0", "--top must be at least 1, not 0"),
        ("units book --characters 1", "--characters must be at least 2 and at most 2,000,000, not 1"),
        ("units book --at 17", "--at: run 'book' has no checkpoint of step 17; it has 0, 3"),
        ("units book --encoding cp437", "--encoding is for a FILE"),
        ("units book none.txt", "'none.txt' cannot be read: it does not exist"),
        ("units book few.txt", "few.txt has 1 character that the network knows"),
        ("units book --similar ''", "--similar is empty: give some characters of the text"),
        ("units book --similar quince", "--similar 'quince': it does not occur in the held-out part of book"),
        ("units book --unit 3", "--unit is for --similar"),
        ("units book --similar bottles --unit 3", "--unit 3 needs --layer and --state: there are layer 1 (h, c) and"),
        ("units book --similar bottles --unit 9 --layer 1 --state h", "--unit 9: the layer has 8 units"),
        ("units book --svg a.png", "the picture must be a .svg file"),
        ("units book --figure a.txt", "a figure must be a .svg, .png or .pdf file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(typed: str, sentence: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("☃e☃")
    tiny.trained(tiny.palindrome(steps=2), "digits")
    tiny.new_run(tiny.text(tmp_path / "book.txt"), "fresh").unlock()
    assert sentence in refused(typed)


def test_of_another_task_the_sequences_stand_there(tmp_path: Path) -> None:
    tiny.trained(tiny.palindrome(steps=2, length=6, cell="gru"), "digits")
    printed = done("units digits --svg a.svg --figure b.svg")
    assert printed.startswith("digits · step 2 · 1,000 sequences of palindrome\n8 units of layer 1 (h); r is")
    features = {row.rsplit("  1 h ", 1)[0].strip() for row in printed.splitlines() if "  1 h " in row}
    assert any(row.startswith("answer is 7 ") for row in features)
    assert any(row.startswith("time step ") for row in features)
    assert re.search(r"^feature +share +entropy +unit +r +bits  \d{6}$", printed, re.MULTILINE)
    assert len(re.findall("&#160;unit&#160;", (tmp_path / "a.svg").read_text())) == 6
    found = as_json("units digits --similar 12 --characters 600")
    assert (found["characters"], found["of"]) == (700, "100 sequences of palindrome")
    places = found["similar"]["places"]
    assert len(places) == 10
    assert all(len(place["before"]) > 1 and place["before"][-1].isdecimal() for place in places)
    one = as_json("units digits --similar 12 --layer 1 --state h --unit 2")["similar"]
    assert one["what"] == "unit 2 of layer 1, h,"


@pytest.mark.parametrize("more", ["", " --layer 2 --state c --unit 3"])
def test_places_like_one_are_listed_with_their_context(run: Run, more: str) -> None:
    held_out = PROSE[-(len(PROSE) // 10) :]
    found = as_json(f"units book --similar wall{more}")["similar"]
    assert found["position"] == held_out.index("wall") + 3
    distances = [place["distance"] for place in found["places"]]
    assert distances == sorted(distances)
    for place in found["places"]:
        at = place["position"] + 1
        assert held_out[:at].endswith(place["before"])
        assert held_out[at:].startswith(place["after"])
        assert abs(place["position"] - found["position"]) >= 20
    assert found["places"][0]["before"].endswith("wall") or more
    printed = done(f"units book --similar wall{more}")
    what = "unit 3 of layer 2, c, is" if more else "the state of layer 1 (h, c) and layer 2 (h, c) is"
    assert f"\nwhere {what} most as it is after 'wall', position {found['position']:,}\n" in printed
    assert len(re.findall(r"^ *[\d,]+ +\d\.\d{3} ", printed, re.MULTILINE)) == len(found["places"])


def test_a_corpus_that_has_gone_or_changed_is_said(run: Run, corpus: Path) -> None:
    corpus.write_text("another text " * 100)
    assert "has changed since run 'book' learned it" in refused("units book")
    corpus.unlink()
    assert "the corpus of run 'book' is no longer there" in refused("units book")


def test_a_network_whose_units_stand_still_is_said(run: Run) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny.as_before_digests(run.checkpoint(3))
    held = load_file(folder / "model.safetensors")
    save_file({name: values * 0 for name, values in held.items()}, folder / "model.safetensors")
    assert "no unit of book moves with this text" in refused("units book")


def test_the_best_weights_are_read_unless_others_are_asked_for(corpus: Path) -> None:
    tiny.trained(tiny.text(corpus, steps=6, average="ema", validate_every=2, save_every=2), "both")
    each = [as_json(f"units both --weights {which} --at 6") for which in ("raw", "averaged")]
    assert [found["weights"] for found in each] == ["raw", "averaged"]
    assert each[0]["units"][0]["r"] != each[1]["units"][0]["r"]


def test_a_large_corpus_is_read_from_its_tokens(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.trained(tiny.text(corpus, steps=2), "small")
    expected = as_json("units small")
    monkeypatch.setattr(parts, "LARGE", 1_000)
    assert as_json("units small") == expected


# How a state is shown


def test_the_scale_has_zero_in_its_middle_where_states_lie_on_both_sides() -> None:
    assert StateScale.of([-1, 2, float("nan")]) == StateScale(-2, 2)
    assert StateScale.of([-0.1, 2]) == StateScale(-0.1, 2)
    assert StateScale.of([3, 5]) == StateScale(3, 5)
    assert StateScale.of([]) == StateScale(0, 0)
    assert StateScale.of([-99.0, *[-1.0, 1.0] * 60, 99.0]) == StateScale(-1, 1)
    scale = StateScale(-2, 2)
    assert [scale.shade(value) for value in (-9, -2, -0.2, 0, 1, 2)] == [-4, -4, 0, 0, 2, 4]
    assert "".join(map(scale.bar, (-2, -0.1, 0.1, 2, float("inf")))) == "▁▄▅█ "
    assert StateScale(3, 3).shade(3) == 0
    assert scale.shade(float("nan")) is None
    assert scale.ends() == ("−2", "+2")
    assert scale.ends((0.0, 2.0)) == ("−2", "+2")
    assert scale.ends((0.0, -2.1)) == ("≤−2", "≥+2"), "both ends are said alike"


def test_each_end_of_a_scale_has_the_colour_of_its_own_value_and_0_none() -> None:
    below = StateScale(-1, -2.7e-06)
    assert (below.ends(), below.shades) == (("−1", "0"), range(-STEPS, 1))
    above = StateScale(0.00052, 1)
    assert (above.ends(), above.shades) == (("0", "+1"), range(STEPS + 1))
    far = StateScale(3, 5)
    assert (far.ends(), far.shades) == (("+3", "+5"), range(1, STEPS + 1))
    assert [StateScale(-5, -3).shade(value) for value in (-9, -5, -4.4, -3, 0)] == [-4, -4, -3, -1, -1]
    assert [StateScale(-0.1, 2).shade(value) for value in (-1, 0, 1, 2)] == [0, 0, 2, 4]
    assert (StateScale(0, 0).ends(), StateScale(0, 0).shades) == (("0", "0"), range(1))


def test_dark_text_is_read_on_every_shade() -> None:
    def luminance(colour: str) -> float:
        levels = [level / 255 for level in bytes.fromhex(colour[1:])]
        linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert len(COLOURS) == 2 * STEPS + 1
    assert min((luminance(colour) + 0.05) / (luminance(INK) + 0.05) for colour in COLOURS) >= 4.5


def test_what_stands_on_one_row_has_columns_of_its_own() -> None:
    assert in_columns.row("a\n\t\x1b漢e\u0301") == "a↵→·漢e·"
    assert in_columns.under("a漢", "▁█") == "▁██"
    assert in_columns.fitting("a漢b", 2) == "a"
    assert in_columns.fitting("a漢b", 9) == "a漢b"


def test_marks_have_the_style_of_their_letter() -> None:
    from rich.style import Style

    styles = [Style(color="red"), Style(color="blue")]
    found = text_picture.shaded("ae\u0301", lambda begin, end: styles[end - begin - 1])
    assert [(found.plain[span.start : span.end], span.style) for span in found.spans] == [
        ("a", styles[0]),
        ("e\u0301", styles[1]),
    ]
