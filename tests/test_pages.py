"""The pages of `rnntui serve` in headless Chromium: seen, typed at, loaded anew, two at once, and closed."""

from pathlib import Path

import pytest
from command import TINY, done
from test_detach import nobody_left, until
from test_serve import Serve, serve, trains_on, windows  # which skips where there is no textual-serve

from rnntui.runs import Run, folder

chromium = pytest.importorskip("chromium")
__all__ = ["nobody_left", "serve"]  # the fixtures
pytestmark = pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium (Debian's package chromium)")


async def test_pages_show_a_training_and_steer_it_and_go_without_it(serve: Serve, tmp_path: Path, corpus: Path) -> None:
    done(f"train text --corpus {corpus} {TINY} --layers 1 --steps 100000000 --name mine --detach")
    run, served = Run(folder() / "mine"), serve("mine")
    async with chromium.browser(tmp_path / "profile") as browser:
        page = await browser.tab(served.address)
        await page.until(lambda text: steps(text) > 0 and dots(text) > 20, "curves")
        before, picture = steps(page.text), await page.picture()
        await page.until(lambda text: steps(text) > before, "curves that move")
        await page.until_redrawn(picture)  # charts are drawn less often than figures

        await page.type("/")  # without a click on the terminal
        await page.until(lambda text: "space pause" not in text, "prompt")
        await page.type("green")
        await page.until(lambda text: "> green" in text, "what is typed")
        streamed: set[str] = set()
        page.on_drawn = lambda: streamed.add(chromium.answers(page.text))
        await page.type("\r")
        await page.until(lambda _: len(streamed) > 2, "answer that grows")
        await page.type("\x1b")
        await page.until(lambda text: "space pause" in text, "keys")

        second = await browser.tab(served.address)
        await second.until(lambda text: steps(text) > before, "training in a second tab")
        await second.until(lambda text: chromium.answers(text).strip(), "answer in a second tab")
        await page.type(" ")
        await second.until(lambda text: "paused" in text, "pause, which the first tab asked for")
        await page.reload()
        await page.until(lambda text: "paused" in text, "page that was loaded anew")
        until(lambda: len(windows()) == 2)

        assert all(asked.startswith(served.origin) for asked in page.requested)
        refusal = await browser.tab(f"{served.origin}/wrong/")
        assert "needs the whole address" in await refusal.value(LOADED + ".then(() => document.body.innerText)")
        connected = CONNECTED.format(served.origin.replace("http", "ws"))
        assert await refusal.value(connected) == "refused"

        await page.close()
        until(lambda: len(windows()) == 1)
        await second.type(" ")
        await second.until(lambda text: "paused" not in text, "training that goes on")
    until(lambda: not windows())
    served.end()
    assert trains_on(run)


LOADED = "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
CONNECTED = """new Promise(done => {{
    const socket = new WebSocket("{}/wrong/ws?width=80&height=24");
    socket.onopen = () => done("opened");
    socket.onerror = () => done("refused");
}})"""


def dots(text: str) -> int:
    """How many cells hold braille dots."""
    return sum(0x2800 < ord(character) < 0x2900 for character in text)


def steps(text: str) -> int:
    """The step that the screen shows, 0 where there is none."""
    before, there, _ = text.partition("/100,000,000")
    return int(before.split()[-1].replace(",", "")) if there else 0
