"""The form of a new run: fields without effect say so, a long path keeps both ends, the footer has the form's keys."""

from pathlib import Path

import screen_text
from textual.widgets import Input, Select, Switch
from tiny import holds, palindrome, text, wait_for_screen

from rnntui.config import Settings, settings_of
from rnntui.runs import folder
from rnntui.runs.effects import without_effect
from rnntui.specs import TASKS
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.form_row import FormRow


async def test_a_field_without_effect_says_so_and_its_help_says_why() -> None:
    app = ThemedApp[None]()
    async with app.run_test(size=(120, 44)) as pilot:
        form = NewRunForm(palindrome(schedule="constant", layers=1), folder())
        await app.push_screen(form)
        await wait_for_screen(pilot, lambda: form.is_whole)

        def without() -> set[str]:
            return {row.setting for row in form.query(FormRow) if row.why_not}

        def said() -> str:
            return " ".join(screen_text.dump(form).split())

        await wait_for_screen(pilot, lambda: without() == {"dropout_between", "lr_decay", "lr_decay_every", "hold"})
        await wait_for_screen(pilot, lambda: said().count("unused") == 4)
        form.query_one("#dropout_between").focus()
        only = "dropout between acts between layers, and there is only one"
        await wait_for_screen(pilot, lambda: only in said())
        form.query_one("#layers", Input).value = "2"
        form.query_one("#schedule", Select).value = "step"
        await wait_for_screen(pilot, lambda: "only one" not in said())
        await wait_for_screen(pilot, lambda: without() <= {"lr_decay_every", "hold"})


def test_what_without_effect_names_are_settings_and_nothing_else_is_dimmed(corpus: Path) -> None:
    quiet = {"layers": 1, "schedule": "constant", "average": "none", "validate_every": 0, "sample_every": 0}
    for task in TASKS:
        names = {setting.name for setting in settings_of(task)} | {*without_effect(palindrome())}
        assert {*without_effect(Settings(task=task))} <= names | {"average_decay", "patience"}
    assert {"patience", "temperature", "sample_length", "average_decay"} <= {*without_effect(text(corpus, **quiet))}
    evaluated = text(corpus, validate_every=10, sample_every=10, average="ema", schedule="cosine", layers=2)
    assert {*without_effect(evaluated)} <= {"lr_decay", "lr_decay_every"}


async def test_a_path_that_is_too_long_keeps_both_its_ends_until_one_types_in_it(corpus: Path) -> None:
    far = corpus.parent / "a-folder-of-many-texts" / "corpus.txt"
    far.parent.mkdir()
    far.write_text(corpus.read_text())
    app = ThemedApp[None]()
    async with app.run_test(size=(120, 44)) as pilot:
        form = NewRunForm(text(far), folder())
        await app.push_screen(form)
        await wait_for_screen(pilot, lambda: form.is_whole)

        def both_ends_are_shown() -> None:
            (row,) = (row for row in screen_text.rows(form) if " corpus " in row)
            shown = row.partition(" corpus ")[2].split()[0]
            assert "…" in shown
            assert str(far).startswith(shown.partition("…")[0])
            assert shown.endswith(".txt") or str(far).endswith(shown.partition("…")[2])

        await holds(pilot, both_ends_are_shown)
        line = form.query_one("#corpus", Input)
        line.focus()
        await wait_for_screen(pilot, lambda: "…" not in "".join(segment.text for segment in line.render_line(0)))
        assert line.value == str(far)


async def test_the_footer_below_a_form_has_its_own_keys_and_f1_explains_it() -> None:
    app = ThemedApp[None]()
    async with app.run_test(size=(80, 24)) as pilot:
        form = NewRunForm(palindrome(), folder())
        await app.push_screen(form)
        await wait_for_screen(pilot, lambda: form.is_whole)

        def has_its_keys() -> None:
            footer = screen_text.rows(form)[-1]
            assert "esc cancel" in footer.lower()
            assert "start" in footer
            assert "f1 about" in footer.lower(), "i is typed into the line"

        await holds(pilot, has_its_keys)
        await pilot.press("f1")
        await wait_for_screen(pilot, lambda: isinstance(app.screen, Explanation))
        await wait_for_screen(pilot, lambda: "A new run" in screen_text.dump(app.screen))
        await pilot.press("escape")
        await wait_for_screen(pilot, lambda: app.screen is form)
        form.query_one(Switch).focus()
