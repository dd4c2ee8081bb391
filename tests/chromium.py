"""Pages of headless Chromium, driven by its DevTools protocol; what a page's terminal is sent, pyte draws as well."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyte

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 120.0
SIZE = 1280, 760  # pixels, the bars of a window included
CELLS = 160, 50  # more than such a page has
KEY_CODES = {"\r": ("Enter", 13), "\x1b": ("Escape", 27)}
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"),
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no name is asked for
)


class Page:
    """A tab. `text` is its terminal's, `requested` has every address that it asked for; `on_drawn` is called whenever
    the text has changed.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._clear()
        self.requested: list[str] = []
        self.on_drawn: Callable[[], object] = lambda: None
        self._reader = asyncio.create_task(self._read())

    def _clear(self) -> None:
        self._terminal = pyte.Screen(*CELLS)
        self._stream = pyte.ByteStream(self._terminal)

    @property
    def text(self) -> str:
        return "\n".join(self._terminal.display)

    @property
    def shown(self) -> str:
        """The same without the blanks beside it."""
        return "\n".join(line.rstrip() for line in self._terminal.display).rstrip()

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method of the protocol."""
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(answer, PATIENCE)

    async def open(self, address: str) -> None:
        for domain in ("Network", "Page", "Runtime"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setFocusEmulationEnabled", enabled=True)  # as if each tab were in front
        await self.call("Page.navigate", url=address)

    async def reload(self) -> None:
        self._clear()
        await self.call("Page.reload")

    async def value(self, expression: str) -> Any:
        """What JavaScript gives, awaited."""
        result = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True)
        return result["result"].get("value")

    async def type(self, keys: str) -> None:
        for key in keys:
            name, code = KEY_CODES.get(key, (key, 0))
            await self.call("Input.dispatchKeyEvent", type="keyDown", key=name, text=key, windowsVirtualKeyCode=code)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    async def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def until(self, condition: Callable[[str], object], what: str) -> None:
        """Wait until the terminal's text is so."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not condition(self.text):
            assert asyncio.get_running_loop().time() < deadline, f"no {what}:\n{self.shown}"
            await asyncio.sleep(0.05)

    async def until_redrawn(self, picture: bytes) -> None:
        """Wait until the page looks otherwise than in that picture."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while await self.picture() == picture:
            assert asyncio.get_running_loop().time() < deadline, f"the picture stays as it was:\n{self.shown}"
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self.call("Page.close")
        self._reader.cancel()

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers[told["id"]].set_result(told.get("result", {}))
            elif told["method"] == "Network.requestWillBeSent":
                self.requested.append(told["params"]["request"]["url"])
            elif told["method"] == "Network.webSocketFrameReceived":
                frame = told["params"]["response"]
                if frame["opcode"] == 2:
                    self._stream.feed(base64.b64decode(frame["payloadData"]))
                    self.on_drawn()


class Browser:
    """Headless Chromium; `tab` opens one."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._address, self._session = f"http://127.0.0.1:{port}", session

    async def tab(self, address: str) -> Page:
        async with self._session.put(f"{self._address}/json/new?about:blank") as response:
            target = (await response.json(content_type=None))["webSocketDebuggerUrl"]
        page = Page(await self._session.ws_connect(target, max_msg_size=0))
        await page.open(address)
        return page


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Browser]:
    """Chromium with a profile of its own in that folder."""
    assert PROGRAM is not None
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    words = [PROGRAM, *OPTIONS, f"--user-data-dir={profile}", size, "about:blank"]
    leaves = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # its socket's path must be short
    process = subprocess.Popen(
        words,
        env={**os.environ, "TMPDIR": leaves.name},
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL),
    )
    try:
        told = profile / "DevToolsActivePort"
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (told.exists() and told.read_text().count("\n")):
            assert process.poll() is None, "Chromium ended"
            assert asyncio.get_running_loop().time() < deadline, "Chromium does not begin"
            await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session:
            yield Browser(int(told.read_text().split("\n")[0]), session)
    finally:
        process.terminate()
        process.wait()
        leaves.cleanup()


def answers(text: str) -> str:
    """What stands in the pane of the answers."""
    rows = text.partition("─ answers at")[2].partition("╯")[0].splitlines()[1:]
    return "\n".join(row.rpartition("││")[2].rstrip("│ ") for row in rows)
