"""`rnntui write RUN --check`: a network's texts, checked; what is counted is what is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command import TINY, as_json, done, refused, rnntui, run_named, said

from rnntui.commands import write_check
from rnntui.core.generation import syntax_check as texts_checked
from rnntui.syntax import check, known

PAGE = "".join(f"<p>Page {k} has <b>bold {k * k % 7}</b> words.</p>\n" for k in range(80))


@pytest.fixture
def page(make_corpus: Callable[..., Path]) -> Path:
    """A corpus of HTML, and a network that has seen a little of it under the name `page`."""
    corpus = make_corpus(PAGE, "page.html")
    done(f"train text --corpus {corpus} --layers 1 {TINY} --steps 30 --headless --name page")
    return corpus


def test_what_is_counted_is_what_is_written(page: Path) -> None:
    found = as_json("write page --check html --samples 5 --length 60 --temperature 1 --seed 3")
    written = [as_json(f"sample page --length 60 --temperature 1 --seed {seed}")["text"] for seed in range(3, 8)]
    corpus = known("html", PAGE)
    verdicts = [check("html", text, corpus) for text in written]
    assert found["texts"] == 5
    assert found["without"] == sum(not (verdict.closed or verdict.faults or verdict.open) for verdict in verdicts)
    assert found["valid"] == sum(verdict.is_valid for verdict in verdicts)
    for name in ("closed", "faults", "words", "known"):
        assert found[name] == sum(getattr(verdict, name) for verdict in verdicts)
    assert found["open"] == sum(len(verdict.open) for verdict in verdicts)
    invalid = {seed: verdict.flaw for seed, verdict in enumerate(verdicts, 3) if verdict.flaw}
    assert {text["seed"]: text["sentence"] for text in found["invalid"]} == {
        seed: flaw.sentence for seed, flaw in invalid.items()
    }
    assert (found["corpus_share_valid"], found["corpus_pieces"]) == (1.0, 72)


def test_the_first_fault_is_shown_in_place(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> list[texts_checked.Checked]:
        return [texts_checked.Checked(text, seed, check("html", text)) for seed, text in ((0, "ok"), (1, "\x1b</b>"))]

    monkeypatch.setattr("rnntui.commands.write_check.checked", write)
    shown = done("write page --check html --samples 2")
    assert "valid html        1 of 2 (50.0%)" in shown
    assert "the corpus itself 100.0% of " in shown
    assert "first fault       seed 1: </b> closes what was not opened" in shown
    assert shown.endswith("\n    \\x1b</b>\n        ^\n")


def test_texts_with_nothing_to_get_wrong_and_a_corpus_of_one_piece_are_said_to_tell_little(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = as_json("write page --check html --samples 1 --length 20")

    def line(name: str, **changes: object) -> str:
        write_check.tell({**found, "texts": 9, "valid": 3, "share_valid": 1 / 3, **changes})
        (row,) = (row.strip() for row in capsys.readouterr().out.splitlines() if row.strip().startswith(name))
        return row.removeprefix(name).strip()

    assert line("valid html", without=0) == "3 of 9 (33.3%)"
    assert line("valid html", without=1) == "3 of 9 (33.3%); 1 of them has nothing that opens or closes"
    assert line("valid html", without=2) == "3 of 9 (33.3%); 2 of them have nothing that opens or closes"
    assert line("valid html", without=9) == "3 of 9 (33.3%); nothing opens or closes in any of them"
    assert line("closed properly", closed=0, faults=0) == "nothing was"
    assert line("closed properly", closed=93, faults=19) == "93 of 112 (83.0%); 19 faults"
    assert line("closed properly", closed=93, faults=0) == "93 of 93 (100.0%)"
    few, many = ({"corpus_pieces": pieces, "corpus_share_valid": share} for pieces, share in ((1, 1.0), (72, 0.5)))
    assert line("the corpus itself", **few) == "100.0% of 1 piece as long (a small sample)"
    assert line("the corpus itself", **many) == "50.0% of 72 pieces as long"


def test_a_prompt_at_temperature_0_has_one_text(page: Path) -> None:
    result = rnntui("write page --check html --samples 9 --temperature 0 --length 20", "--prompt", "<p>")
    assert result.exit_code == 0
    assert "one text is written" in said(result)
    assert "1 text of 20 characters, seed 0" in result.stdout


def test_several_networks_make_one_piece_of_json(page: Path) -> None:
    found = as_json("write page --check html --samples 2 --length 20 --temperatures 0,1")
    assert [facts["temperature"] for facts in found] == [0.0, 1.0]


def test_a_corpus_that_changed_or_is_gone_is_said_in_one_sentence(page: Path) -> None:
    page.write_text(PAGE.replace("bold", "italic"))
    assert "has changed since run 'page' learned it" in refused("write page --check html --samples 1")
    page.unlink()
    assert "the corpus of run 'page' is no longer there" in refused("write page --check html --samples 1")


def test_what_cannot_be_checked_is_refused(page: Path) -> None:
    assert "--check must be latex or html, not 'xml'" in refused("write page --check xml")
    assert "has no checkpoint of step 7" in refused("write page --check html --at 7")
    done(f"train palindrome {TINY} --steps 1 --headless --name digits")
    assert "was trained on palindromes, not text" in refused("write digits --check html")
    assert run_named("digits").path.exists()
