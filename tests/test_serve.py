"""`rnntui serve`: who is let in, what is refused, and when the windows behind its pages end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from command import TINY, begin, done, refused
from test_detach import nobody_left, until

from rnntui.runs import Run, folder
from rnntui.system import output

aiohttp = pytest.importorskip("aiohttp", reason="no textual-serve (the extra serve)")
__all__ = ["nobody_left"]  # the fixture
PATIENCE = 120.0
Serve = Callable[..., "Served"]


class Served:
    """A server in a process of its own; `address` is what it printed, `origin` the same without the token."""

    def __init__(self, arguments: str, said: Path) -> None:
        self._said = said
        with said.open("w") as stderr:
            self.process = begin(f"serve {arguments}", stderr=stderr)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.said
        self.origin = "/".join(self.address.split("/")[:3])

    @property
    def said(self) -> str:
        return self._said.read_text()

    def end(self) -> str:
        """End it as Ctrl-C does; the last line that it prints."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        assert "Traceback" not in printed + self.said
        return printed.splitlines()[-1]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers; what a test leaves of them is killed, and no window may be left over."""
    begun: list[Served] = []

    def start(arguments: str = "") -> Served:
        begun.append(Served(arguments, tmp_path / f"said-{len(begun)}"))
        return begun[-1]

    yield start
    for served in begun:
        served.process.kill()
        served.process.communicate()
    until(lambda: not windows())


def windows() -> list[int]:
    """The processes of this test's pages."""
    found = subprocess.run(["pgrep", "-f", f"rnntui attach .*{folder()}"], capture_output=True, text=True, check=False)
    return list(map(int, found.stdout.split()))


def begin_training() -> Run:
    done(f"train palindrome {TINY} --steps 100000000 --name mine --detach")
    return Run(folder() / "mine")


def trains_on(run: Run) -> bool:
    """Wait until it has done more steps."""
    step = run.newest_step("metrics.jsonl")
    until(lambda: run.newest_step("metrics.jsonl") > step)
    return run.is_held()


class WindowSocket:
    """A page's connection, read all the time, as a browser does: else nothing answers the server's pings, and it takes
    the page for gone. `drawn` has what came.
    """

    def __init__(self, connection: "aiohttp.ClientWebSocketResponse") -> None:
        self.connection, self.drawn = connection, b""
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(aiohttp.ClientConnectionResetError):  # nobody is there to be told that it closes
            async for message in self.connection:
                if isinstance(message.data, bytes):
                    self.drawn += message.data

    @property
    def is_closed(self) -> bool:
        return self._reader.done()

    async def closed(self) -> None:
        """Wait until the server has closed it, or is gone."""
        await asyncio.wait_for(asyncio.shield(self._reader), PATIENCE)

    async def until_drawn(self, what: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            while what not in self.drawn:
                assert not self.is_closed, "the server has closed the page"
                await asyncio.sleep(0.05)

    async def leave(self) -> None:
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader


@asynccontextmanager
async def opened(served: Served, size: str) -> AsyncIterator[WindowSocket]:
    """A page's connection."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{served.address}ws?{size}") as connection:
        socket = WindowSocket(connection)
        yield socket
        await socket.leave()


@asynccontextmanager
async def page(served: Served, size: str = "width=120&height=36") -> AsyncIterator[WindowSocket]:
    """The same once its window has drawn the run."""
    async with opened(served, size) as socket:
        await socket.until_drawn(b"mine")
        yield socket


def test_what_cannot_be_served_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing trains in" in refused("serve")
    assert "no run 'other'" in refused("serve other")
    run = begin_training()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} is occupied" in refused(f"serve mine --port {port}")
    assert "this machine has no address '203.0.113.1'" in refused("serve mine --host 203.0.113.1")
    done("stop mine")
    until(lambda: not run.is_held())
    assert "no process trains run 'mine' now" in refused("serve mine")
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert "serve needs textual-serve: `pip install 'rnntui[serve]'`" in refused("serve mine")


def test_a_screen_is_drawn_for_a_page_though_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not output.draws_screens()
    monkeypatch.setenv("TEXTUAL_DRIVER", output.PAGE_DRIVER)
    monkeypatch.setenv("TERM", "dumb")
    assert output.draws_screens()


async def test_whoever_has_not_the_token_is_refused(serve: Serve) -> None:
    run, served = begin_training(), serve("mine")
    assert served.origin.startswith("http://127.0.0.1:")
    wrong = served.address[:-2] + ("b/" if served.address[-2] == "a" else "a/")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for address in (
            served.origin, f"{served.origin}/", wrong, f"{wrong}ws", f"{wrong}static/js/textual.js",
            f"{served.origin}/%C3%A9/", f"{served.origin}/%00/", f"{served.origin}/ws", f"{served.origin}/download/key",
        ):  # fmt: skip
            async with session.get(address) as response:
                assert response.status == 403, address
                assert "needs the whole address" in await response.text()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{wrong}ws")
        assert refusal.value.status == 403
        assert not windows()
        async with session.get(served.address) as response:
            assert response.status == 200
            assert "elsewhere" not in await response.text()
            (cookie,) = response.cookies.values()
        for address, given, status in (
            (f"{served.origin}/download/key", f"{cookie.key}={cookie.value}", 404),
            (f"{served.address}nothing", "", 404),
            (f"{served.address}static/..%2f..%2f__init__.py", "", 404),
            (f"{served.address}static/", "", 403),
        ):
            async with session.get(address, headers={"Cookie": given}) as response:
                assert response.status == status, address
    assert served.end() == "the pages are closed; what trains goes on"
    assert trains_on(run)


async def test_what_is_no_message_closes_its_own_page_alone(serve: Serve) -> None:
    run, served = begin_training(), serve()
    async with page(served, "width=120&height=99999999999") as other:
        for garbage in ("{", "[]", '["stdin", "\\ud800"]', '["resize", {"width": "x"}]', "[" * 9_999):
            async with opened(served, "width=wide") as one:
                await one.connection.send_str(garbage)
                await one.closed()
        for odd in (
            '["resize", {"width": 1000000, "height": -1}]',
            '["stdin", "\\u001b[99999;1H\\u0000\\u001b[<0;1;1M"]',
        ):
            await other.connection.send_str(odd)
        assert not other.is_closed
        await other.connection.send_str('["stdin", "q"]')
        await other.closed()
    assert served.said.count("sent what is no message") == 5
    served.end()
    assert trains_on(run)


async def test_a_window_ends_with_its_page_or_its_server_however_that_ends(serve: Serve) -> None:
    run, served = begin_training(), serve("mine")
    async with page(served) as only:
        (window,) = windows()
        os.kill(window, signal.SIGKILL)
        await only.closed()
    async with page(served):
        assert len(windows()) == 1
    until(lambda: not windows())
    async with page(served) as first, page(served) as second:
        hanging, _ = windows()
        os.kill(hanging, signal.SIGSTOP)
        served.end()
        assert not windows()
        await first.closed()
        await second.closed()
    again = serve("mine")
    async with page(again):
        again.process.kill()
        until(lambda: not windows())
    assert trains_on(run)


async def test_a_page_says_when_nothing_trains_any_more(serve: Serve) -> None:
    run, served = begin_training(), serve()
    done("stop mine")
    until(lambda: not run.is_held())
    async with aiohttp.ClientSession() as session, session.get(served.address) as response:
        assert "nothing trains in" in await response.text()
    async with opened(served, "width=80&height=24") as socket:
        await socket.closed()
    served.end()


def test_another_address_is_warned_of(serve: Serve) -> None:
    begin_training()
    served = serve("mine --host 0.0.0.0")
    assert "goes over the network unencrypted" in served.said
    assert socket.gethostname() in served.address
    served.end()
