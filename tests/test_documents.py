"""The documents: what they quote in words is what the tables beside them say."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_every_figure_that_is_quoted_in_words_is_that_of_a_table() -> None:
    claims = list(runpy.run_path(str(DOCS / "check_figures.py"))["claims"]())
    assert len(claims) >= 18
    assert [claim.sentence for claim in claims if not claim.holds] == []


def test_a_figure_that_is_no_longer_the_tables_is_found() -> None:
    claim = runpy.run_path(str(DOCS / "check_figures.py"))["Claim"]
    assert not claim(DOCS.parent / "README.md", "Up to 8 digits both do; beyond").holds
