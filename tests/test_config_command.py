"""What a user has set once: shown with where it comes from, changed without a loss, and wrong in one sentence."""

import ast
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
import screen_text
from command import as_json, done, refused, rnntui
from hypothesis import given
from hypothesis import strategies as st
from tiny import new_run, palindrome, wait_for_screen

from rnntui import tui
from rnntui.commands import config as configuration
from rnntui.commands import default_options, launch
from rnntui.runs import Run, folder
from rnntui.runs.writers import Sampling
from rnntui.system import toml_edit, user_config
from rnntui.tui import actions
from rnntui.tui.base import own_keys
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.dialogs.key_list import entries_of
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.home.app import HomeApp
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint

MINE = """# mine
notify = "bell"   # at night: off
on-end = 'say "done" # aloud'

[options]  # of train
threads = 2
[options.text]
dropout = 0.2

[keys]
"laboratory.pause" = "p"
"""


def write(text: str) -> Path:
    user_config.path().parent.mkdir(parents=True, exist_ok=True)
    user_config.path().write_text(text)
    return user_config.path()


# The text of the file


def test_a_value_is_changed_in_its_line_and_all_else_stays() -> None:
    assert toml_edit.with_value(MINE, "", "notify", "off") == MINE.replace('"bell"   #', '"off"   #')
    assert toml_edit.with_value(MINE, "", "on-end", "x") == MINE.replace("'say \"done\" # aloud'", '"x"')
    assert toml_edit.with_value(MINE, "options", "threads", 3) == MINE.replace("= 2", "= 3", 1)
    assert toml_edit.with_value(MINE, "keys", "laboratory.pause", "=") == MINE.replace('"p"', '"="')


def test_a_new_value_stands_at_the_end_of_its_table() -> None:
    assert toml_edit.with_value("", "", "theme", "light") == 'theme = "light"\n'
    assert toml_edit.with_value('a = "b"', "", "c", 1.5) == 'a = "b"\nc = 1.5\n'
    assert toml_edit.with_value("[t]\na = 1\n\n[u]\n", "t", "b", True) == "[t]\na = 1\nb = true\n\n[u]\n"
    assert toml_edit.with_value("[t]\na = 1\n", "", "b", 2) == "b = 2\n[t]\na = 1\n"
    assert toml_edit.with_value("a = 1\n", "options.text", "lr", 0.1) == "a = 1\n\n[options.text]\nlr = 0.1\n"


def test_what_is_written_over_several_lines_is_left_alone() -> None:
    text = 'a = """\nb = 1\n"""\n'
    with pytest.raises(toml_edit.NotEditable):
        toml_edit.with_value(text, "", "a", "x")
    with pytest.raises(toml_edit.NotEditable):
        toml_edit.without(text, "a")
    assert toml_edit.with_value(text, "", "c", "x") == f'{text}c = "x"\n'


names = st.sampled_from(["a", "b.c", "on-end", "x y", "="])
values = st.one_of(
    st.text(max_size=9), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)


@given(st.lists(st.tuples(st.sampled_from(["", "options", "keys"]), names, values), max_size=8))
def test_what_was_set_is_read_and_what_was_taken_away_is_gone(changes: list[tuple[str, str, Any]]) -> None:
    text, known = "# mine\n", {}
    for table, name, value in changes:
        text = toml_edit.with_value(text, table, name, value)
        known[f"{table}.{name}" if table else name] = value
        assert dict(toml_edit.flat(tomllib.loads(text))) == known
    for name in list(known):
        text = toml_edit.without(text, name)
        del known[name]
        assert dict(toml_edit.flat(tomllib.loads(text))) == known
    assert text.startswith("# mine\n")


# The command


def test_it_shows_each_value_and_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RNNTUI_RUNS")
    write(MINE)
    shown = {each["name"]: (each["value"], each["source"]) for each in as_json("config --json")["values"]}
    assert shown["notify"] == ("bell", "config.toml, line 2")
    assert shown["theme"] == ("dark", "default")
    assert shown["runs"] == ("runs", "default")
    assert shown["options.text.dropout"] == (0.2, "config.toml, line 8")
    assert shown["keys.laboratory.pause"] == ("p", "config.toml, line 11")
    monkeypatch.setenv("RNNTUI_RUNS", "elsewhere")
    assert "RNNTUI_RUNS" in done("config")


def test_it_sets_unsets_and_says_where_the_file_is() -> None:
    assert done("config path").strip() == str(user_config.path())
    for words in ("theme light", "options.lr-decay 0.5", "options.text.stateful on", "keys.laboratory.pause p"):
        done(f"config set {words}")
    assert tomllib.loads(user_config.path().read_text()) == {
        "theme": "light",
        "options": {"lr-decay": 0.5, "text": {"stateful": True}},
        "keys": {"laboratory.pause": "p"},
    }
    done("config unset options.lr-decay")
    assert "lr-decay" not in user_config.path().read_text()
    assert "'notify' is not set" in refused("config unset notify")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("theme mauve", "theme must be dark or light"),
        ("them light", "'them' is unknown (did you mean theme?)"),
        ("runs here", "runs must be a whole path"),
        ("on-end ''", "on-end must be a command"),
        ("options.lrr 1", "'lrr' is no option of train (did you mean lr?)"),
        ("options.lr -1", "--lr must be"),
        ("options.hidden many", "--hidden must be a whole number"),
        ("options.palindrome.corpus anna", "palindrome has no --corpus"),
        ("options.book.lr 1", "there is no task 'book'"),
        ("options.stateful perhaps", "--stateful is on or off"),
        ("keys.laboratory.paus p", "there is no action 'laboratory.paus'"),
        ("keys.laboratory.pause n", "'n' is the key of laboratory.new-run already"),
        ("keys.laboratory.pause hyperspace", "'hyperspace' is no key"),
        ("keys.laboratory.pause ''", "must be one key in quotes"),
        ("keys.laboratory.pause shift+a", "name the letter or sign that is typed so"),
        ("keys.laboratory.pause \u0301", "is no key"),
        ("keys.home.new-run ctrl+m", "'enter' is the key of"),
        ("keys.seed.leave a", "'a' would be typed into the line"),
        ("keys.filter.done space", "'space' would be typed into the line"),
    ],
)
def test_what_will_not_do_is_one_sentence_and_nothing_is_changed(words: str, sentence: str) -> None:
    write("# mine\n")
    assert sentence in refused(f"config set {words}")
    assert user_config.path().read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('theme = "light"\nnotify = "loud"\n', 2),
        ("\n\nmistake = 1\n", 3),
        ("[options]\nlr = true\n", 2),
        ('[options]\n\nhidden = "many"\n', 3),
        ('[keys]\n"laboratory.pause" = 3\n', 2),
        ('[keys]\n"laboratory.pause" = "\\u0000"\n', 2),
        ("options = 3\n", 1),
        ("a = \n", 1),
    ],
)
def test_a_bad_file_is_one_sentence_that_names_the_line(text: str, line: int) -> None:
    write(text)
    assert f"line {line}" in refused("config")


def test_a_file_that_cannot_be_read_is_one_sentence() -> None:
    user_config.path().mkdir(parents=True)
    assert "is a folder, not a file" in refused("config")
    user_config.path().rmdir()
    os.mkfifo(user_config.path())
    assert "not a file" in refused("config"), "nobody writes into it, so reading would wait for ever"
    user_config.path().unlink()
    user_config.path().write_bytes(b"#" * (user_config.MOST + 1))
    assert "such a file has at most" in refused("config")
    user_config.path().write_bytes(b"\xff")
    assert "is not a text in UTF-8" in refused("config set theme light")


def test_a_byte_order_mark_and_a_file_in_place_of_a_folder_are_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    user_config.path().parent.mkdir(parents=True)
    user_config.path().write_bytes(b'\xef\xbb\xbftheme = "light"\r\n')
    assert user_config.get("theme") == "light"
    assert rnntui("config set theme dark").exit_code == 0
    assert user_config.get("theme") == "dark"
    assert rnntui("config set runs /tmp/x").exit_code == 0
    assert b"\r" not in user_config.path().read_bytes()
    user_config.path().unlink()
    user_config.path().parent.rmdir()
    user_config.path().parent.touch()
    assert user_config.get("theme") is None
    monkeypatch.setenv("XDG_CONFIG_HOME", "/dev/null")
    assert user_config.get("theme") is None


def test_the_editor_opens_the_file_which_is_checked_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "needs a terminal" in refused("config edit")
    monkeypatch.setattr(configuration.output, "is_typed_at", lambda: True)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "theme = 3" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    assert "line 1" in refused("config edit")
    user_config.path().unlink()
    monkeypatch.setenv("VISUAL", "true")
    assert rnntui("config edit").exit_code == 0
    configuration.check(user_config.read())
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert "cannot be started" in refused("config edit")


# What it changes


def test_the_folder_of_runs_is_the_users_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(f'runs = "{tmp_path}/mine"\n')
    assert folder() == tmp_path / "runs", "the variable comes first"
    monkeypatch.delenv("RNNTUI_RUNS")
    assert folder() == tmp_path / "mine"
    write('runs = "~/mine"\n')
    assert folder() == Path("~/mine").expanduser()


def test_train_takes_the_users_options_where_nothing_else_says_otherwise() -> None:
    write('[options]\nlr = 0.5\nthreads = 2\nperiod = "3"\n[options.palindrome]\nlr = 0.25\nlength = 7\n')
    made = launch.settings_of("palindrome", {"length": 9}, None)
    assert (made.lr, made.threads, made.length, made.period) == (0.25, 2, 9, "")
    assert launch.settings_of("noise", {}, None).lr == 0.5
    assert launch.settings_of("noise", {"cell": "phased"}, None).period == "3"
    assert launch.settings_of("palindrome", {}, "long-memory").lr != 0.25, "a preset that is named sets it"
    assert [made.threads for made in launch.side_by_side({}, None)][:1] == [2]


def test_train_says_which_of_the_users_options_it_takes() -> None:
    write("[options]\nlr = 0.5\n")
    result = rnntui("train palindrome --hidden 8 --length 3 --batch 4 --steps 2 --headless")
    assert "palindrome: --lr 0.5, by " in result.stderr
    assert default_options.of_task("palindrome") == {"lr": 0.5}


async def test_a_key_of_the_users_own_does_it_and_help_and_footer_say_so() -> None:
    write('[keys]\nlaboratory.pause = "p"\n')
    app = RnntuiApp([new_run(palindrome())], folder())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        shown = {active.binding.action: active.binding.key for active in app.screen.active_bindings.values()}
        assert shown["pause"] == "p"
        entries = {entry.words: entry.keys for entry in entries_of(app.laboratory)}
        assert entries["Pause all runs"] == ("p",)
        await pilot.press("p")
        await wait_for_screen(pilot, lambda: app.laboratory.sessions[0].status.run.state == "paused")
        await wait_for_screen(pilot, lambda: "p go on" in screen_text.rows(app.screen)[-1])
        await pilot.press("p")
        await wait_for_screen(pilot, lambda: app.laboratory.sessions[0].is_going)
        for session in app.laboratory.sessions:
            session.stop()
            session.join()


async def test_a_key_that_two_share_by_turns_is_lost_for_neither() -> None:
    write('[keys]\n"laboratory.enlarge" = "x"\n')
    app = RnntuiApp([new_run(palindrome())], folder())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("x")
        assert app.screen.maximized is not None
        await pilot.press("m")
        assert app.screen.maximized is None
        for session in app.laboratory.sessions:
            session.stop()
            session.join()


def test_two_actions_may_change_keys_with_each_other() -> None:
    write('[keys]\n"home.order" = "n"\n"home.new-run" = "o"\n')
    assert HomeApp(folder()).own_keys == {"home.order": "n", "home.new-run": "o"}


def test_every_action_has_a_name_of_its_own_screen() -> None:
    every = [action for screen in actions.screens().values() for action in actions.of_screen(screen)]
    assert len(every) > 100
    assert GateScreen in {action.owner for action in every}


def test_every_key_that_a_sentence_names_is_that_of_an_action() -> None:
    """A name that no action has would end the program where the sentence is first said."""
    every = {action.name for screen in actions.screens().values() for action in actions.of_screen(screen)}
    texts = [
        (node.value, file.name)
        for file in Path(tui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    named = [(found[1], file) for text, file in texts for found in own_keys.NAMED.finditer(text)]
    assert len(named) > 20
    assert [each for each in named if each[0] not in every] == []


async def test_a_key_of_the_users_own_stands_where_the_programs_own_stood(text_run: Run) -> None:
    write(
        '[keys]\n"laboratory.pause" = "p"\n"laboratory.quit" = "f10"\n"laboratory.help" = "f9"\n"screen.about" = "f3"\n'
        '"laboratory.new-run" = "f4"\n"laboratory.messages" = "f5"\n"laboratory.warmer" = "f6"\n'
    )
    app = RnntuiApp([new_run(palindrome())], folder())
    async with app.run_test(size=(60, 16)) as pilot:
        for _ in range(5):
            await pilot.pause()
        last = screen_text.rows(app.screen)[-1]
        assert last.startswith("p pause l rate"), last
        assert last.rstrip().endswith("f3 about f10 quit f9 more"), last
        first = [entry.keys for entry in entries_of(app.laboratory) if entry.column == "Run"]
        assert first[:3] == [("p",), ("l",), ("F4",)], "in the order of the program"
        about = next(entry for entry in entries_of(app.laboratory) if entry.label == "about")
        assert about.keys == ("F3", "F1"), "the other key of an action stays"
        await pilot.press("f1")
        await wait_for_screen(pilot, lambda: isinstance(app.screen, Explanation))
        await pilot.press("escape")
        for session in app.laboratory.sessions:
            session.stop()
            session.join()


async def test_sentences_and_explanations_name_the_users_keys(text_run: Run) -> None:
    write('[keys]\n"writing-room.shading" = "f7"\n"laboratory.pause" = "p"\n"screen.about" = "f3"\n')
    screen = WritingRoom([checkpoint(text_run)], [Sampling(0.0)], Prompts(folder()), length=5)
    app = ViewerApp(screen)
    assert "`f7` shades by" in screen.about_page().replace("F7", "f7")
    assert "`r` lists the **units**" in screen.about_page()
    assert own_keys.said("{laboratory.pause} resumes, {screen.about} explains") == "p resumes, F3 explains"
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("escape", "question_mark")
        await wait_for_screen(pilot, lambda: "where F3 explains" in screen_text.dump(app.screen))
    write("")
    assert ViewerApp(screen).own_keys == {}
    assert "`v` shades by" in screen.about_page()


def test_a_key_that_is_no_text_is_refused_in_plain_words() -> None:
    for value, words in (('["x"]', "a list of them"), ("3", "3"), ("true", "true"), ('""', "an empty text")):
        write(f"[keys]\nlaboratory.pause = {value}\n")
        assert f'must be one key in quotes, such as "p", not {words}' in refused("config")


@pytest.mark.parametrize(
    ("typed", "named"),
    [("'@'", "at"), ("'\\'", "backslash"), ("ctrl+T", "ctrl+t"), ("'_'", "underscore"), ("'&'", "ampersand")],
)
def test_any_sign_can_be_a_key(typed: str, named: str) -> None:
    done(f"config set keys.laboratory.end {typed}")
    assert actions.own_keys() == {"laboratory.end": named}
