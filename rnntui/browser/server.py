"""The web server of `rnntui serve`: a page for whoever has the token, and for each page a window of its own.

A page's window is a process of `rnntui attach`; it ends with its page, and what trains is no concern of either. Nothing
that a page needs comes from elsewhere than this server.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from rnntui.browser.driver import END_SECONDS
from rnntui.system.output import PAGE_DRIVER, say

logging.getLogger("textual-serve").disabled = True  # it takes a window for failed whose page was closed early
REFUSED = "This page needs the whole address that `rnntui serve` printed, with its token.\n"
# Whatever a page draws, a browser then fetches nothing from elsewhere.
SECURITY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
FONT_SIZES = 4, 64
MOST_CELLS = 1_000  # of a page, across and down
NO_MESSAGE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Window(AppService):
    """The process behind a page; the page is told when it ended."""

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return {**super()._build_environment(width, height), "TEXTUAL_DRIVER": PAGE_DRIVER}

    async def start(self, width: int, height: int) -> None:
        """Start the process for a page of so many cells."""
        await super().start(_cells(width), _cells(height))

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Tell the process how many cells the page has now. Raises as `int`."""
        await super().set_terminal_size(_cells(width), _cells(height))

    async def run(self) -> None:
        """Pass on what the process draws until it ends."""
        await super().run()
        await self.remote_close()

    async def stop(self) -> None:
        """End the process, which has nothing to save; one that hangs is killed."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        self.stdin.close()
        with suppress(ProcessLookupError):
            process.terminate()  # one that has not begun to draw does not read yet
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.wait([task], timeout=END_SECONDS)
        task.cancel()


def _cells(given: object) -> int:
    return min(max(int(str(given)), 1), MOST_CELLS)


class PageServer(Server):
    """Pages under `/TOKEN/`; all else is refused.

    `problem` says why there is nothing to show now, None where there is something. `windows` has those that are open.
    """

    def __init__(self, command: str, title: str, problem: Callable[[], str | None]) -> None:
        super().__init__(command, title=title)
        self.token = secrets.token_urlsafe(24)
        # Has the token where textual-serve's script has no place for it, at downloads; cookies are one for all ports.
        self.cookie = f"rnntui-{secrets.token_hex(4)}"
        self._problem = problem
        self.windows: set[Window] = set()
        self.templates_path = Path(__file__).parent

    async def application(self) -> web.Application:
        """The application that aiohttp serves."""
        app = web.Application(middlewares=[self._check])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(self.templates_path))
        app.add_routes(
            [
                web.get("/{token}/", self.handle_index),
                web.get("/{token}/page.js", self.handle_script),
                web.get("/{token}/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/" + self.token + "/static", self.statics_path),
            ]
        )
        app.on_shutdown.append(self.on_shutdown)
        return app

    async def on_shutdown(self, app: web.Application) -> None:
        """End every window."""
        await asyncio.gather(*(window.stop() for window in self.windows))

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        first = request.path.split("/")[1]
        given = request.cookies.get(self.cookie, "") if first == "download" else first
        if not hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            return web.Response(status=403, text=REFUSED)
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page; where nothing is to be shown, one that says so and looks again."""
        smallest, largest = FONT_SIZES
        context: dict[str, Any] = {
            "title": self.title,
            "problem": self._problem(),
            "font_size": min(max(to_int(request.query.get("fontsize", ""), 16), smallest), largest),
            "websocket": f"ws://{request.host}/{self.token}/ws",
        }
        response = aiohttp_jinja2.render_template("page.html", request, context)
        response.headers["Content-Security-Policy"] = f"{SECURITY}; connect-src ws://{request.host}"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.set_cookie(self.cookie, self.token, path="/download", httponly=True, samesite="Strict")
        return response

    async def handle_script(self, request: web.Request) -> web.FileResponse:
        """The page's own script, beside that of textual-serve."""
        return web.FileResponse(self.templates_path / "page.js")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """What a page and its window say to each other, until either ends."""
        socket = web.WebSocketResponse(heartbeat=15, timeout=END_SECONDS)
        await socket.prepare(request)

        async def close() -> None:
            await socket.close()

        window = Window(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        width, height = (to_int(request.query.get(name, ""), other) for name, other in (("width", 80), ("height", 24)))
        self.windows.add(window)
        try:
            await window.start(width, height)
            await self._process_messages(socket, window)
        except NO_MESSAGE as error:
            say(f"a page sent what is no message ({type(error).__name__}); its window is closed")
            await socket.close()
        finally:
            await window.stop()
            self.windows.discard(window)
        return socket
