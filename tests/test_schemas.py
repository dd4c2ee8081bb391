"""What is read back: a file is one of our types, or one sentence that names file and place and says what is right."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnntui.schemas import (
    CheckpointState,
    DamagedFile,
    Failure,
    FailuresFile,
    FiguresState,
    PlanContent,
    PromptsFile,
    RunConfig,
    SweepFile,
    decode,
    decoding,
)
from rnntui.system.reading import UnreadableFile, read_bytes

CONFIG = {"format": 1, "settings": {"hidden": 8, "lr": 0.1, "stateful": True, "cell": "lstm"}}


def refusal(content: object, kind: Any = RunConfig) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(DamagedFile) as refused:
        decode(raw, kind, "run 'x'", "config.json")
    return str(refused.value)


def test_what_is_written_comes_back() -> None:
    state = CheckpointState(
        step=7, over=0.98, seconds=1.5, figures=FiguresState(best=(0.25, 5), recent_loss=(1.0, None)), rows={"a": 3}
    )
    plan = PlanContent(name="n", title="t", base={"steps": 3}, axes={"cell": ["rnn", "lstm"], "lr": [1, 0.5]})
    for content in (
        RunConfig(**{**CONFIG, "format": 0}, baselines={"chance": (2.3, 0.1)}),  # type: ignore[arg-type]
        state,
        SweepFile(plan=plan, seconds=2.5, texts={"a": "b"}),
        FailuresFile(failures={"r": Failure(reason="why")}),
        PromptsFile(prompts=("a\u202e", "\udcff")),
    ):
        raw = json.dumps(content.as_content()).encode()
        back = decode(raw, type(content), "it", "file")
        assert back.as_content() == content.as_content()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"settings": 3}, "settings must be an object in braces, not a whole number"),
        ({"settings": {"hidden": [8]}}, "settings must be true or false, a whole number, a number or text in quotes"),
        ({"device": 0.5}, "device must be text in quotes, not a number"),
        ({"threads": -1}, "threads must be a whole number at least 0"),
        ({"rulers": {"chance": [1]}}, "rulers must be a list in brackets of 2 values"),
        ({"rulers": {"chance": ["a", 1]}}, "must be a number, not text in quotes"),
        ({"data": {"vocabulary": 3}}, "data.vocabulary must be text in quotes, not a whole number"),
        ({"data": {"bytes": -3}}, "data.bytes must be a whole number at least 0"),
        ({"format": 99}, "is of another version: config.json has format 99, this rnntui reads 1"),
        ({"format": "1"}, "is of another version: config.json states no format, this rnntui reads 1"),
        ({"format": True}, "is of another version: config.json states no format"),
        ({"format": None}, "is of another version: config.json states no format"),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_what_is_right(changed: dict[str, Any], sentence: str) -> None:
    told = refusal({**CONFIG, **changed})
    assert told.startswith("run 'x' is ")
    assert sentence in told


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "config.json is empty"),
        (b" \n", "config.json is empty"),
        (b'{"format": 1', "config.json is not JSON at line 1, column 13"),
        (b'{"format": 1,\n "settings": {,}}', "config.json is not JSON at line 2"),
        (b"[]", "must be an object in braces, not a list in brackets"),
        (b"null", "must be an object in braces, not null"),
        (b"3", "must be an object in braces, not a whole number"),
        (b'"x"', "must be an object in braces, not text in quotes"),
        (b"\xff\xfe{\x00}\x00", "config.json is not UTF-8 from byte 0 on"),
        ('{"a": "é"}'.encode("latin-1"), "config.json is not UTF-8 from byte 7 on"),
        (b'\xef\xbb\xbf{"format": 1}', "config.json is not JSON at line 1, column 1"),
        (b'{"format": 1, "x": NaN}', "config.json has NaN in place of a number"),
        (b'{"format": 1, "x": -Infinity}', "config.json has -Infinity in place of a number"),
        (b'{"format": 1, "created": 1e999}', "too large"),
        (b'{"format": 1, "x": ' + b"9" * 5_000 + b"}", "config.json has a number of 5,000 digits"),
        (b'{"format": ' + b"9" * 5_000 + b"}", "config.json has a number of 5,000 digits"),
        (b'{"format": 1, "x": ' + b"[" * 100_000 + b"}", "config.json is nested too deeply"),
        (b'{"format": 1, "x": ' + b"[" * 2_000 + b"]" * 2_000 + b"}", "config.json is nested too deeply"),
        (b'{"format": 1, "settings": {}', "config.json is not JSON"),
        (b"\0" * 40, "config.json is not JSON at line 1, column 1"),
    ],
)
def test_bytes_that_are_no_file_of_ours_are_one_sentence(raw: bytes, sentence: str) -> None:
    assert sentence in refusal(raw)


def answer(raw: bytes, kind: Any) -> str:
    """What is wrong with bytes, empty where nothing is."""
    try:
        decode(raw, kind, "run 'x'", "config.json")
    except DamagedFile as error:
        return str(error)
    return ""


@given(st.binary(max_size=200))
def test_no_bytes_are_answered_in_pythons_words(raw: bytes) -> None:
    for kind in (RunConfig, CheckpointState, SweepFile, FailuresFile):
        said = answer(raw, kind)
        assert said.startswith("run 'x' is ") or not said
        assert not any(word in said for word in ("codec", "Expecting", "recursion", "Error"))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_value_of_any_kind_anywhere_is_taken_or_named(value: Any) -> None:
    for name in RunConfig.__struct_fields__:
        raw = json.dumps({**CONFIG, name: value}).encode()
        said = answer(raw, RunConfig)
        assert said.startswith("run 'x' is ") or not said


def test_reasons_without_a_version_are_failures_of_today() -> None:
    old = decode(b'{"seed0": "the disk is full"}', FailuresFile, "sweep 'x'", "failed.json")
    assert old.failures == {"seed0": Failure(reason="the disk is full")}
    assert "failures.seed0" in refusal({"seed0": 3}, FailuresFile) or "failures" in refusal({"seed0": 3}, FailuresFile)


@pytest.mark.parametrize("kind", ["folder", "fifo", "loop", "missing", "device", "large", "through a file"])
def test_what_is_no_file_to_read_is_refused_without_waiting(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    if kind == "folder":
        path.mkdir()
    if kind == "fifo":
        os.mkfifo(path)
    if kind == "loop":
        path.symlink_to(path)
    if kind == "device":
        path.symlink_to("/dev/zero")
    if kind == "large":
        with open(path, "wb") as file:
            file.truncate(decoding.MOST + 1)
    if kind == "through a file":
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "config.json"
    with pytest.raises(UnreadableFile, match=r"run 'x': config\.json") as refused:
        decoding.read(path, RunConfig, "run 'x'")
    assert refused.value.is_missing is (kind == "missing")
    assert "Errno" not in str(refused.value)


def test_a_file_that_grows_while_it_is_read_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"x" * 100)
    assert read_bytes(path, "it", 100) == b"x" * 100
    with pytest.raises(UnreadableFile, match=r"it has 100 bytes; such a file has at most 99"):
        read_bytes(path, "it", 99)
