"""No string that a terminal would obey or hide gets through, wherever it stands.

A seeded part of `python bench/hostile_strings.py`; what it looks with is held here too.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import strings, unsafe_characters, unsafe_sequences
from places import PLACES, Stage, typed

SOME = strings(300)
FEW = {"typed": 3, "named": 3, "filed": 6, "learned": 3, "failed": 4}  # strings of each kind of place


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNTUI_CORPORA", "corpora")
        patch.setattr(sys, "path", list(sys.path))
        patch.chdir(Path.cwd())  # put back in the end
        yield Stage.make(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(autouse=True)
def there(stage: Stage, own_folders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage.work)
    monkeypatch.delenv("RNNTUI_RUNS")
    monkeypatch.setenv("RNNTUI_CORPORA", "corpora")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, out, **_: out.write(b"<svg/>"))


@pytest.mark.parametrize(("kind", "first"), [(kind, 41 * number) for number, kind in enumerate(FEW)])
def test_nothing_that_a_terminal_obeys_is_printed(stage: Stage, kind: str, first: int) -> None:
    looked = list(PLACES[kind](stage, SOME[first :: len(SOME) // FEW[kind]][: FEW[kind]]))
    assert len(looked) > FEW[kind]
    assert not [seen for seen in looked if seen[2]]


def test_what_a_table_without_rows_says_is_safe(stage: Stage) -> None:
    looked = [*typed(stage, SOME[::10], ["runs --runs @", "sweep @ --report"])]
    assert len(looked) > 40
    assert not [seen for seen in looked if seen[2]]


def test_there_are_300_strings_and_all_but_plain_ones_are_seen_as_unsafe() -> None:
    assert len(set(SOME)) == len(SOME) == 300
    assert sum(bool(unsafe_characters(text)) for text in SOME) > 150


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"\x1b[1;31mred\x1b[0m \x1b[?25l\x1b]2;title\x07\r\n", []),
        (b"\x1b]52;c;aGk=\x07", ["b'\\x1b]52;c;aGk=\\x07'"]),
        ("\u202e".encode(), ["0x202e"]),
        ("\u200b".encode(), ["0x200b"]),
        (b"\x9b31m", ["0xdc9b"]),
        ("\x9b31m".encode(), ["0x9b"]),
        (b"a\x07", ["0x7"]),
        (b"\x1b]2;a\xe2\x80\xae\x07", ["title: 0x202e"]),
        (b"\x1bP1$r\x1b\\", ["b'\\x1bP1$r'", "b'\\x1b\\\\'"]),
    ],
)
def test_what_a_terminal_was_sent_is_told_from_what_a_program_draws_with(raw: bytes, wrong: list[str]) -> None:
    assert unsafe_sequences(raw) == wrong
