"""The writing room with networks that adapt to their pages: what it shows; a page is a function of its text."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from command import refused
from test_writing_room import done, writing_room
from test_writing_thread import COLD, PROMPT, open_scribe, until
from textual.widgets import Static
from tiny import bits_of, new_run, text, wait_for_screen

from rnntui.core.generation.draft import Draft
from rnntui.core.generation.loading import TextNetwork, read_predictor
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run, networks
from rnntui.runs.networks import Adaptation, Member, NetworkSpec
from rnntui.tui.writing_room.figures import in_figures
from rnntui.tui.writing_room.figures_table import FiguresTable
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page import Page, Recall
from rnntui.tui.writing_room.page_writer import PageWriter
from rnntui.tui.writing_room.pages import FRAME, NARROWEST
from rnntui.tui.writing_room.sources import Checkpoints, checkpoint
from rnntui.tui.writing_room.writing_thread import WritingThread

__all__ = ["open_scribe"]
HOW = Adaptation(rate=0.002, length=9)
pytestmark = pytest.mark.usefixtures("few_segments", "no_waiting_for_idleness")


def network(run: Run, how: Adaptation | None) -> TextNetwork:
    return read_predictor(NetworkSpec(run, adaptation=how))


def bits(run: Run, how: Adaptation | None, text: str) -> list[float]:
    return bits_of(network(run, how), text)


def is_right(page: Page, run: Run, how: Adaptation | None) -> None:
    """The page's bits, and the gain that it tells, are those of a network that reads the page's text from its start."""
    found = bits(run, how, page.text)
    np.testing.assert_array_equal(page.bits, found)
    if how is None:
        assert math.isnan(page.gain)
    else:
        assert page.gain == pytest.approx(np.nanmean(np.subtract(bits(run, None, page.text), found)))


def test_the_page_of_an_adapting_network_follows_from_its_text_alone(
    text_run: Run, open_scribe: Callable[..., WritingThread]
) -> None:
    thread = open_scribe(checkpoint(text_run))

    def settled(adapts: bool) -> Page:
        until(lambda: thread.pages[0].phase == "done" and ("adapting" in thread.pages[0].title) == adapts)
        return thread.pages[0]

    thread.begin(PROMPT)
    plain = settled(False)
    is_right(plain, text_run, None)
    thread.adapt(HOW)
    page = settled(True)
    assert page.text == plain.text
    assert "adapting rate 0.002 length 9" in page.title
    is_right(page, text_run, HOW)
    edition = page.edition
    thread.go_on_from(0, 70, edition)  # somewhere within a segment
    until(lambda: thread.pages[0].edition != edition and thread.pages[0].phase == "done")
    page = thread.pages[0]
    assert len(page.text) == 70 + thread.length
    is_right(page, text_run, HOW)
    edition = page.edition
    thread.edit(0, "9 red" + page.text[5:40])
    until(lambda: thread.pages[0].edition != edition and thread.pages[0].phase == "done")
    is_right(thread.pages[0], text_run, HOW)
    draft = Draft(network(text_run, HOW).network, network(text_run, HOW).vocabulary, thread.seed)
    draft.read(thread.pages[0].text[:40])
    assert "".join(draft.write(COLD) for _ in range(thread.length)) == thread.pages[0].text[40:]
    thread.adapt(None)
    is_right(settled(False), text_run, None)


def test_an_ensembles_page_is_that_of_its_mean(text_run: Run, open_scribe: Callable[..., WritingThread]) -> None:
    spec = NetworkSpec(text_run, 0, beside=(Member(text_run),))
    thread = open_scribe(Checkpoints(spec))
    thread.adapt(HOW)
    thread.begin(PROMPT)
    until(lambda: thread.pages[0].phase == "done")
    page, loaded = thread.pages[0], read_predictor(replace(spec, adaptation=HOW))
    assert page.title.startswith(f"{text_run.name}+{text_run.name} · steps 0, ")
    np.testing.assert_array_equal(page.bits, bits_of(loaded, page.text))


def test_a_page_that_begins_to_adapt_is_compared_with_the_same_checkpoint_though_its_run_went_on(corpus: Path) -> None:
    run = new_run(text(corpus, hidden=8, length=6, batch=5, steps=60, lr=0.05, save_every=10, validate_every=0))
    reports = iter(open_trainer(run))
    assert next(report for report in reports if report.saved and report.step >= 20)
    writer = PageWriter(checkpoint(Run(run.path)), COLD, Library())
    writer.open(lambda: True)
    writer.begin("9 green bottles", 0, 40)
    while writer.page().phase == "writing":
        writer.write(8, "")
    assert next(report for report in reports if report.saved and report.step >= 50)
    writer.adapt(Adaptation(rate=1e-12))  # by nothing that could be measured
    page = writer.page()
    assert "step 50" in page.title
    assert page.gain == pytest.approx(0.0, abs=1e-6)
    run.unlock()


def test_weights_that_left_all_bounds_stop_the_page_in_a_sentence(
    text_run: Run, open_scribe: Callable[..., WritingThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "HIGHEST_RATE", 1e38)
    thread = open_scribe(checkpoint(text_run))
    thread.adapt(Adaptation(rate=1e38, length=3))
    thread.begin(PROMPT)
    until(lambda: "adapt-rate" in thread.pages[0].sentence)
    assert "--adapt-rate 1e+38 is too high" in thread.pages[0].sentence
    thread.adapt(None)
    thread.begin(PROMPT)
    until(lambda: thread.pages[0].phase == "done")
    is_right(thread.pages[0], text_run, None)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_key_lets_the_networks_adapt_and_the_screen_says_so(text_run: Run, size: tuple[int, int]) -> None:
    async with writing_room(text_run, prompt=PROMPT, adaptation=None, size=size) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("a")
        await wait_for_screen(pilot, lambda: math.isfinite(screen.page.gain))
        await wait_for_screen(pilot, lambda: "adapting" in str(screen.pages.views[0].border_title))

        def figures() -> str:
            return f"{screen.pages.views[0].border_subtitle}{screen.query_one(FiguresTable).render()}"

        assert screen.query_one(FiguresTable).display == (size[0] > 100)
        await wait_for_screen(pilot, lambda: "gains" in figures())
        assert "adapting" in str(screen.query_one("#heading", Static).content)
        is_right(screen.page, text_run, Adaptation())
        await pilot.press("a")
        await wait_for_screen(pilot, lambda: "adapting" not in str(screen.pages.views[0].border_title))
        assert "adapting" not in str(screen.query_one("#heading", Static).content)


async def test_write_adapt_opens_the_room_with_it(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, adaptation=HOW) as (pilot, screen):
        await done(pilot, screen)
        is_right(screen.page, text_run, HOW)
        await pilot.press("a")
        await wait_for_screen(pilot, lambda: math.isnan(screen.page.gain))
        await pilot.press("a")
        await wait_for_screen(pilot, lambda: math.isfinite(screen.page.gain))
        is_right(screen.page, text_run, HOW)


def test_the_gain_stands_among_the_figures_of_a_page() -> None:
    page = Page(text="ab", bits_written=1.5, gain=0.123)
    assert in_figures(page, 80) == "1.50 bits per character · adapting gains 0.12"
    assert in_figures(page, 32) == "1.50 bits/char · gains 0.12"
    assert "· prompt 2.28e7" in in_figures(replace(page, bits_given=22_751_998.65), 80)
    assert in_figures(page, NARROWEST - FRAME) == "1.50 · gains 0.12"
    assert in_figures(replace(page, bits_written=math.nan, recall=Recall("no memory")), 20) == "gains 0.12 bits/char"
    assert "adapting" not in in_figures(replace(page, gain=math.nan), 80)


def test_settings_without_it_are_refused(tmp_path: Path) -> None:
    assert "add --adapt, or leave it out" in refused(f"write x --runs {tmp_path} --adapt-decay 0.1")


def test_a_page_says_how_much_is_measured_before_its_network_adapts_and_ends_meanwhile(
    text_run: Run, open_scribe: Callable[..., WritingThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = open_scribe(checkpoint(text_run))
    thread.begin(PROMPT)
    until(lambda: thread.pages[0].phase == "done")
    shares, before = list[float | None](), thread.pages[0]
    told = thread._tell_measured

    def tell(k: int, share: float) -> None:
        told(k, share)
        shares.append(thread.pages[k].measuring)
        assert thread.pages[k].text == before.text

    monkeypatch.setattr(thread._writers[0], "_measured", partial(tell, 0))
    thread.adapt(HOW)
    until(lambda: "adapting" in thread.pages[0].title and thread.pages[0].measuring is None)
    assert shares == [number / 12 for number in range(12)]
    thread.adapt(None)
    monkeypatch.setattr(thread._writers[0], "_measured", lambda share: thread.stop() or told(0, share))
    thread.adapt(HOW)
    assert thread.join(60)
    assert thread.error is None


async def test_the_foot_of_a_page_says_how_much_is_measured(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, adaptation=None) as (pilot, screen):
        await done(pilot, screen)
        pages = [replace(page, measuring=0.25) for page in screen.writing_thread.pages]
        screen.pages.show(pages)
        assert "25% measured, then it adapts" in str(screen.pages.views[0].border_subtitle)
