"""The documents: what they quote is what the tables beside them say, and what they and the code name is there."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = ["README.md", *(str(page.relative_to(ROOT)) for page in sorted(DOCS.rglob("*.md")))]
ROOMS = [room.name for room in (ROOT / "rnntui").iterdir() if room.is_dir()]
TO_COME = ("rnntui/api.py", "rnntui/export/", "rnntui/remote/")  # named with their place before they are there
CODE = [file for room in ("rnntui", "bench", "tests") for file in sorted((ROOT / room).rglob("*.py"))]


def test_every_figure_that_is_quoted_in_words_is_that_of_a_table() -> None:
    claims = list(runpy.run_path(str(DOCS / "check_figures.py"))["claims"]())
    assert len(claims) >= 18
    assert [claim.sentence for claim in claims if not claim.holds] == []


def test_a_figure_that_is_no_longer_the_tables_is_found() -> None:
    claim = runpy.run_path(str(DOCS / "check_figures.py"))["Claim"]
    assert not claim(DOCS.parent / "README.md", "Up to 8 digits both do; beyond").holds


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for place in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in place or (ROOT / page).parent.joinpath(place).exists(), place


@pytest.mark.parametrize("page", PAGES)
def test_every_path_of_the_repository_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    if page == "docs/extending.md":  # a path that has a line to itself is of a file that the reader writes
        text = re.sub(r"^`[^`\n]+`$", "", text, flags=re.MULTILINE)
    whole = re.findall(r"(?<![\w/.])(?:rnntui|tests|bench|docs)/[\w./*-]*", text)
    tests = [f"tests/{name}" for name in re.findall(r"(?<![\w/.])test_\w+\.py", text)]
    within = [f"rnntui/{path}" for path in re.findall(rf"(?<![\w/.])(?:{'|'.join(ROOMS)})/[\w/]+\.py", text)]
    for path in (path.rstrip(".") for path in (*whole, *tests, *within)):
        assert path in TO_COME or list(ROOT.glob(path)), path


def test_every_section_of_the_specification_that_is_cited_is_there() -> None:
    sections = set(re.findall(r"^## (\d+)\. ", (DOCS / "spec.md").read_text(encoding="utf-8"), re.MULTILINE))
    cited = [
        (file.name, number)
        for file in [*CODE, *(ROOT / page for page in PAGES)]
        for number in re.findall(r"`docs/spec\.md`(?:\)|\]\([^)]*\))?\s+(\d+)", file.read_text(encoding="utf-8"))
    ]
    assert len(cited) >= 25
    assert [(name, number) for name, number in cited if number not in sections] == []


def test_whoever_cites_the_specification_in_code_names_the_section() -> None:
    without = re.compile(r"`(?:docs/)?(?:spec|SPEC)\.md`(?!\s+\d)")
    assert [str(file) for file in CODE if without.search(file.read_text(encoding="utf-8"))] == []
