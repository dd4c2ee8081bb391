"""What the documents show can be typed: plans are read, commands are known, and what they describe is all there is."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest

from rnntui.schemas import Figure, Search
from rnntui.sweeps.plan import FIGURES, read
from rnntui.sweeps.syntax import Syntax
from rnntui.tui.actions import screens
from rnntui.tui.base.keys import bindings

DOCS = Path(__file__).parent.parent / "docs"
SWEEPS = (DOCS / "sweeps.md").read_text(encoding="utf-8")
PLANS = re.findall(r"```toml\n(.*?)```", SWEEPS, re.DOTALL)


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_every_plan_of_the_page_on_sweeps_makes_runs(number: int) -> None:
    plan = read(PLANS[number], "mine", "the page")
    assert plan.job({name: values[0] for name, values in plan.every_axis.items()}).settings.task == plan.task


def test_the_page_on_sweeps_has_every_section_and_every_key_of_one() -> None:
    shown = "\n".join(PLANS)
    for section in ("base", "axes", "variants", "search", "figure", "syntax"):
        assert re.search(rf"^\[{section}[\].]", shown, re.MULTILINE), section
    for key in (*Figure.__struct_fields__, *Search.__struct_fields__, *(field.name for field in fields(Syntax))):
        assert re.search(rf"^{key} = ", shown, re.MULTILINE), key
    assert all(f'"{kind}"' in shown for kind in FIGURES)
    assert "title = " in shown
    assert 'preset = "' in shown


def test_the_page_of_keys_is_what_the_bindings_say() -> None:
    spec = importlib.util.spec_from_file_location("keys_page", DOCS / "keys.py")
    assert spec is not None
    assert spec.loader is not None
    keys = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(keys)
    assert keys.PAGE.read_text(encoding="utf-8") == keys.page()
    for name, screen in keys.screens().items():
        assert all(f"| {binding.tooltip} |" in keys.page() for binding in bindings(screen)), name


def test_the_page_of_screens_has_a_section_for_each_and_shows_every_picture_of_one() -> None:
    page = (DOCS / "screens.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert sections[: len(screens())] == list(screens())
    images = re.findall(r"!\[([^]]+)\]\(([^)]+)\)", page)
    pictures = {file.name for file in DOCS.glob("*.svg")} - {"animation.svg"}  # the last of one that moves
    assert {name for _, name in images} == pictures | {"serve.png"}
    assert all(words for words, _ in images)
