"""What is wrong in a TOML file is said with its line and in plain words; none of them is the parser's."""

import inspect
import re
import tomllib

import pytest

from rnntui.system.toml_reading import UNKNOWN, meaning, parsed

WHAT = "'plan.toml'"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[axes", "line 1 ('[axes')", "the [ of a table is not closed"),
        ("x = 1\n[[axes]\ny = 2", "line 2 ('[[axes]')", "the [ of a table is not closed"),
        ("[axes]\ncell = gru", "line 2 ('cell = gru')", "a text needs quotes"),
        ("[axes]\nseed = [0, 1\nhidden = [8]", "line 3 ('hidden = [8]')", "a list has no ] here"),
        ("[base]\nlength 5", "line 2 ('length 5')", "= and a value are missing"),
        ('[base]\ntitle = "a', "line 2 ('title = \"a')", "no closing quote"),
        ('[base]\ntitle = "a\nx = 1', "line 2 ('title = \"a')", "no closing quote"),
        ("[base]\ntitle = 'a\nx = 1", 'line 2 ("title = \'a")', "no closing quote"),
        ("a = '''x\ny", "line 2 ('y')", "three quotes"),
        ('a = """x\ny', "line 2 ('y')", "no closing quote"),
        ("[axes]\nlength = [5]\nlength = [6]", "line 3 ('length = [6]')", "a name occurs twice"),
        ("[a]\n[b]\n[a]", "line 3 ('[a]')", "a name occurs twice"),
        ("a.b = 1\na = 2", "line 2 ('a = 2')", "a name occurs twice"),
        ("x = {a = 1, a = 2}", "line 1", "a name occurs twice"),
        ("x = {a = 1", "line 1", "a { is not closed"),
        ("lr = 0.1 0.2", "line 1 ('lr = 0.1 0.2')", "a line of its own"),
        ("[axes] seed = [1]", "line 1", "one setting or [table]"),
        ("= 3", "line 1 ('= 3')", "no setting (name = value)"),
        ("a. = 3", "line 1 ('a. = 3')", "a name has letters"),
        ('corpus = "C:\\q"', "line 1", r"must be written \\"),
        (r'x = "\u12"', "line 1", "hexadecimal digits"),
        (r'x = "\ud800"', "line 1", "number of a character"),
        ('x = "a\x01"', "line 1", "a control character"),
        ("x = 'a\x01'", "line 1", "a control character"),
        ("# a\x01", "line 1", "a control character"),
        ("x = 2001-02-30", "line 1", "no such date"),
        (f"x = {'y' * 99}", f"line 1 ('x = {'y' * 35}…')", "a text needs quotes"),
        ("axes = " + "[" * 100_000, "", "its brackets are nested too deeply"),
        (f"seed = {'1' * 5000}", "", "a number with too many digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^'plan\.toml'") as caught:
        parsed(text, WHAT)
    sentence = str(caught.value)
    assert line in sentence
    assert words in sentence
    assert "\n" not in sentence


def test_every_message_of_the_parser_has_plain_words() -> None:
    source = inspect.getsource(inspect.getmodule(tomllib.loads))  # type: ignore[arg-type]
    found = re.findall(r"""_err\(\s*\w+,\s*\w+,\s*f?(?:"(.*?)"|'(.*?)')\s*\)""", source)
    messages = [said.replace(r"\\", "\\") for either in found for said in either if said]
    assert len(messages) > 15
    looked_for = "Expected {expect!r}"  # its quotes and brackets are in the table above
    assert [said for said in messages if said != looked_for and meaning(said) == UNKNOWN] == []


def test_what_is_right_is_read() -> None:
    assert parsed("[axes]\nseed = [0, 1]\n", WHAT) == {"axes": {"seed": [0, 1]}}
