"""`rnntui serve`: the screens of `rnntui attach` in a browser."""

import asyncio
import errno
import shlex
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, suppress
from functools import partial
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

from rnntui.commands.attach import to_show
from rnntui.system import user_config
from rnntui.system.output import say
from rnntui.system.python import module_command
from rnntui.system.signals import SIGNALS

PORT = 8000


def serve(root: Path, references: Sequence[str], host: str, port: int | None, theme: str | None) -> None:
    """Serve pages with what is trained elsewhere until Ctrl-C. Raises `ValueError` where there is nothing to show, the
    extra is not installed, the address cannot be had, or there is no such theme.
    """
    if theme is not None:
        user_config.choose("theme", theme)
    if find_spec("textual_serve") is None:
        raise ValueError("serve needs textual-serve: `pip install 'rnntui[serve]'`")
    with _listening(host, port) as listening:
        to_show(root, references)
        if not _is_loopback(host):
            say(
                f"--host {host}: whoever has the address below can steer the trainings, and it goes over the network "
                f"unencrypted"
            )
        options = ["--runs", str(root.absolute()), *(["--theme", theme] if theme else [])]
        window = [*module_command("rnntui"), "attach", *options, "--", *references]
        title = " ".join(("rnntui", *references))
        asyncio.run(_serve(window, title, partial(_problem, root, references), host, listening))
    print("the pages are closed; what trains goes on")


def _problem(root: Path, references: Sequence[str]) -> str | None:
    """Why there is nothing to show now, if so."""
    try:
        with redirect_stderr(None):  # what it says was said at the start
            to_show(root, references)
    except ValueError as error:
        return str(error)
    return None


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket of the address, by default of port 8000 or where that is occupied of a free one. Raises `ValueError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (PORT, 0) if port is None else (port,):
        try:
            return socket.create_server((host, candidate), family=family)
        except OSError as error:
            if port is None and candidate == PORT and error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EADDRINUSE:
                raise ValueError(f"port {port} is occupied: without --port a free one is taken") from None
            if error.errno == errno.EACCES:
                raise ValueError(f"port {candidate} may be used by root alone: take one from 1024 on") from None
            raise ValueError(f"this machine has no address {host!r} to serve at") from None
    raise AssertionError("port 0 is never occupied")


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _reached_by(host: str) -> str:
    """What stands in an address for a host; for all addresses of this machine its name."""
    with suppress(ValueError):
        if ip_address(host).is_unspecified:
            return socket.gethostname()
    return f"[{host}]" if ":" in host else host or socket.gethostname()


async def _serve(
    window: Sequence[str], title: str, problem: Callable[[], str | None], host: str, listening: socket.socket
) -> None:
    """Serve pages, each with a window of its own, until a signal comes."""
    from aiohttp import web

    from rnntui.browser.server import PageServer

    server = PageServer(f"exec {shlex.join(window)}", title, problem)
    runner = web.AppRunner(await server.application(), access_log=None, shutdown_timeout=2)
    await runner.setup()
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup
            loop.add_signal_handler(number, ended.set)
    try:
        await web.SockSite(runner, listening).start()
        print(f"http://{_reached_by(host)}:{listening.getsockname()[1]}/{server.token}/", flush=True)
        say("open this address in a browser, and give it to nobody: it is the key. Ctrl-C closes the pages")
        await ended.wait()
        if server.windows:
            say("closing the pages …")
    finally:
        await runner.cleanup()
