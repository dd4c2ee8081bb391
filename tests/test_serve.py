"""`rnntui serve`: who is let in, and what is refused."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from command import TINY, done, refused
from test_detach import nobody_left, until

from rnntui.runs import Run, folder
from rnntui.system import output

__all__ = ["nobody_left"]  # the fixture
Serve = Callable[..., "Served"]


class Served:
    """A server in a process of its own; `address` is what it printed."""

    def __init__(self, arguments: str, said: Path) -> None:
        self._said = said
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rnntui", "serve", *arguments.split()],
            stdout=subprocess.PIPE,
            stderr=said.open("w"),
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        self.origin = "/".join(self.address.split("/")[:3])
        assert self.address, self.said

    @property
    def said(self) -> str:
        return self._said.read_text()

    def end(self) -> str:
        """End it as Ctrl-C does; what it prints then."""
        self.process.send_signal(signal.SIGINT)
        last, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return last


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers, and kills what a test leaves of them."""
    begun: list[Served] = []

    def begin(arguments: str = "") -> Served:
        begun.append(Served(arguments, tmp_path / f"said-{len(begun)}"))
        return begun[-1]

    yield begin
    for served in begun:
        served.process.kill()
        served.process.communicate()


def windows() -> set[int]:
    """The processes of this test's pages."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"attach" in words and str(folder()).encode() in words:
            found.add(int(entry.parent.name))
    return found


def begin_training() -> None:
    done(f"train palindrome {TINY} --steps 100000000 --name mine --detach")


def test_what_cannot_be_served_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing trains in" in refused("serve")
    assert "no run 'other'" in refused("serve other")
    begin_training()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} is occupied" in refused(f"serve mine --port {port}")
    assert "this machine has no address '192.0.2.1'" in refused("serve mine --host 192.0.2.1")
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert "serve needs textual-serve: `pip install 'rnntui[serve]'`" in refused("serve mine")


def test_a_screen_is_drawn_for_a_browser_though_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    assert not output.draws_screens()
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    monkeypatch.setenv("TERM", "dumb")
    assert output.draws_screens()


async def test_without_the_token_nothing_is_shown(serve: Serve) -> None:
    pytest.importorskip("textual_serve")
    begin_training()
    served = serve("mine")
    assert served.origin.startswith("http://127.0.0.1:")
    wrong = served.address[:-2] + ("b/" if served.address[-2] == "a" else "a/")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for address in (
            served.origin, f"{served.origin}/", wrong, f"{wrong}ws", f"{wrong}static/js/textual.js",
            f"{served.origin}/%C3%A9/", f"{served.origin}/ws", f"{served.origin}/download/key",
        ):  # fmt: skip
            async with session.get(address) as response:
                assert response.status == 403, address
                assert "needs the whole address" in await response.text()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{wrong}ws")
        assert refusal.value.status == 403
        assert not windows()
        async with session.get(served.address) as page:
            assert page.status == 200
            (cookie,) = page.cookies.values()
        async with session.get(
            f"{served.origin}/download/key", headers={"Cookie": f"{cookie.key}={cookie.value}"}
        ) as it:
            assert it.status == 404
        async with session.ws_connect(f"{served.address}ws?width=120&height=36") as window:
            async with asyncio.timeout(60):
                while "mine" not in (await window.receive()).data.decode(errors="ignore"):
                    pass
            await window.send_str("{garbage")
            async with asyncio.timeout(60):
                while not window.closed:
                    await window.receive()
    until(lambda: not windows())
    assert "Traceback" not in served.said
    assert "what trains goes on" in served.end()
    assert Run(folder() / "mine").is_held()


async def test_a_page_says_when_nothing_trains_any_more(serve: Serve) -> None:
    pytest.importorskip("textual_serve")
    begin_training()
    served = serve()
    done("stop mine")
    async with aiohttp.ClientSession() as session, session.get(served.address) as page:
        assert "nothing trains in" in await page.text()


def test_another_address_is_warned_of(serve: Serve) -> None:
    pytest.importorskip("textual_serve")
    begin_training()
    served = serve("mine --host 0.0.0.0")
    assert "goes over the network unencrypted" in served.said
    served.end()
