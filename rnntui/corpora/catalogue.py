"""Texts that `rnntui corpora get` can fetch, and the fetch.

Each is described by a file `texts/NAME.toml`, which is all that a new one needs. The addresses are public copies at
pinned commits, so the bytes never change: a file whose SHA-256 differs is never kept.
pooch, which brings requests, is imported inside the fetch only.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urljoin, urlsplit

from rnntui.config import nearest
from rnntui.corpora.builtin import BUILT_IN
from rnntui.corpora.storage import replacing
from rnntui.schemas.corpora import CatalogueText
from rnntui.schemas.decoding import converted
from rnntui.system.errors import meaning

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0  # seconds without a connection, without a byte
MOST = 2 << 30  # bytes of a text that is fetched or unpacked, unless the user lets it be more
CHUNK = 1 << 16  # bytes between two updates of the progress
_TRY_AGAIN = (408, 425, 429)  # statuses that blame the moment, not the address


@cache
def fetchable() -> dict[str, CatalogueText]:
    """The texts of the catalogue by their names. Raises `ValueError` for a file that is none of it."""
    folder = resources.files("rnntui.corpora").joinpath("texts")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    texts = (described(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8")) for file in files)
    return {text.name: text for text in texts}


def described(name: str, content: str) -> CatalogueText:
    """The text that a file `NAME.toml` with that content describes. Raises `ValueError` where it does not."""
    from rnntui.system import toml_reading

    what, file = f"the catalogue's text {name!r}", f"{name}.toml"
    if name in BUILT_IN:
        raise ValueError(f"{what} has the name of one that is built in: rename {file}")
    facts = toml_reading.parsed(content, f"{what}: {file}")
    return converted({**facts, "name": name}, CatalogueText, what, file)


def check_name(name: str) -> None:
    """Raise `ValueError` for a name that the catalogue lacks."""
    if name in BUILT_IN:
        raise ValueError(f"{name!r} is built in: there is nothing to fetch, and `--corpus {name}` trains on it")
    if name not in (known := fetchable()):
        raise ValueError(f"no text {name!r} to fetch{nearest(name, known)}: there are {', '.join(known)}")


class FetchError(Exception):
    """A text could not be fetched or written; the message is one sentence, and nothing of the text was kept."""


class Progress(Protocol):
    """What pooch tells a progress bar: `total` and `update` in bytes, then `reset`, `update(total)`, `close`.

    After a failure `close` is not called.
    """

    total: int

    def update(self, n: int, /) -> object: ...

    def reset(self) -> object: ...

    def close(self) -> object: ...


@dataclass(frozen=True)
class Fetched:
    """Where a text of the catalogue lies, and whether it lay there before it was asked for."""

    text: CatalogueText
    path: Path
    already_there: bool


def fetch(name: str, into: Path, progress: Progress | None = None, base_url: str | None = None) -> Fetched:
    """Fetch a text of the catalogue to `<into>/<name>.txt`, unless it is there.

    `base_url` names another place that serves `<name>.txt`. Raises `ValueError` for a name that the catalogue
    lacks, for a file of that name that is another text (it is left alone), and for a folder that cannot be
    written; raises `FetchError` where the network, the server, the disk or the hash fails.
    """
    check_name(name)
    text, path = fetchable()[name], into / f"{name}.txt"
    if os.path.lexists(path):
        _check_present(text, path)
        return Fetched(text, path, already_there=True)
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{str(into)!r} cannot be made a folder for corpora: {meaning(error)}") from None
    _download(text, path, text.url if base_url is None else f"{base_url.rstrip('/')}/{name}.txt", progress)
    return Fetched(text, path, already_there=False)


def _check_present(text: CatalogueText, path: Path) -> None:
    if not os.path.isfile(path):
        raise ValueError(f"{str(path)!r} is in the way and not a regular file: rename or remove it first")
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"{str(path)!r} is in the way and cannot be read: {meaning(error)}") from None
    if sha256 != text.sha256:
        raise ValueError(
            f"{str(path)!r} is a different text from the catalogue's {text.name} "
            f"(SHA-256 {sha256}, not {text.sha256}): rename or remove it first"
        )


def without_password(url: str) -> str:
    """An address without the user and password in it: these are never shown or kept."""
    # Up to the last @: a password may hold slashes and digits, and an address may be mistyped.
    return re.sub(r"^(\s*[a-z]+:[/\\]*).*@", r"\1", url, flags=re.IGNORECASE | re.DOTALL)


class Limited:
    """A file that takes so many bytes at most. Raises `ValueError`, naming what is written, for more."""

    def __init__(self, file: BinaryIO, most: int, what: str) -> None:
        self._file, self._left, self._most, self._what = file, most, most, what

    def write(self, piece: bytes) -> int:
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError(too_large(self._what, self._most))
        return self._file.write(piece)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.write(piece)

    def flush(self) -> None:
        self._file.flush()


def too_large(what: str, most: int) -> str:
    """The sentence for a text that is larger than it may be."""
    return f"{what} is larger than {most:,} bytes, the current limit: --most SIZE raises it"


def transfer(url: str, file: BinaryIO, progress: Progress | None = None, most: int = MOST) -> str:
    """Fetch what an address serves into a file, and tell its kind as the server names it: `text/html`, say.

    Raises `ValueError` for an address under which the server has nothing for us, and for more bytes than `most`; raises
    `FetchError` where the network or the server fails.
    """
    from requests.exceptions import InvalidURL, RequestException

    shown = without_password(url)

    def check(response: Any) -> None:
        if _announced(response, shown) > most:
            raise ValueError(too_large(repr(shown), most))

    try:
        kind = _get(url, Limited(file, most, repr(shown)), progress, check)
    except InvalidURL:
        raise ValueError(f"{shown!r} is not an address to fetch a text from") from None
    except RequestException as error:
        status = getattr(error.response, "status_code", 0)
        is_wrong = 400 <= status < 500 and status not in _TRY_AGAIN
        raise (ValueError if is_wrong else FetchError)(_network_sentence(error, shown)) from None
    return kind.partition(";")[0].strip().lower()


def _announced(response: Any, url: str) -> int:
    """The bytes that a server says it will send, 0 where it does not. Raises `FetchError` for what is no number."""
    said = response.headers.get("Content-Length", "0").strip()
    if not (said.isascii() and said.isdigit()):
        raise FetchError(
            f"{urlsplit(url).netloc} answered with a Content-Length that is not a number; nothing was kept"
        )
    return int(said)


def _get(url: str, file: "Limited", progress: Progress | None, check: Callable[[Any], object]) -> str:
    """Fetch into a file, once each answer's head passes the check; the kind of what came, as the server names it."""
    import pooch

    answers = []

    def heard(response: Any, *_: Any, **__: Any) -> None:
        answers.append(response)
        _check_way_on(response)
        check(response)

    # Uncompressed, so that the server's Content-Length is the text's and a cut connection shows.
    download = pooch.HTTPDownloader(
        progressbar=progress or False,
        chunk_size=CHUNK,
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
        headers={"Accept-Encoding": "identity"},
        hooks={"response": heard},
    )
    try:
        download(url, file, None)
    finally:
        for answer in answers:
            answer.close()  # or what has more to send would go on sending
    return str(answers[-1].headers.get("Content-Type", ""))


def _check_way_on(response: Any) -> None:
    """Raise `FetchError` where a server sends us on to what is no address."""
    try:
        _ = urlsplit(urljoin(response.url, response.headers.get("Location", ""))).port
    except ValueError:
        raise FetchError(
            f"{without_password(response.url)!r} redirects to something that is not an address: nothing was kept"
        ) from None


def _download(text: CatalogueText, path: Path, url: str, progress: Progress | None) -> None:
    from requests.exceptions import RequestException

    try:
        with replacing(path) as draft:
            with draft.writing() as out:
                _get_at_most(text.size, url, out, progress)
            if (sha256 := draft.sha256()) != text.sha256:
                raise FetchError(
                    f"{url} is not the expected text: its SHA-256 is {sha256}, not {text.sha256}; the file was not kept"
                )
    except RequestException as error:
        raise FetchError(_network_sentence(error, url)) from None
    except PermissionError:
        raise ValueError(f"{str(path.parent)!r} cannot be written: name another folder (RNNTUI_CORPORA)") from None
    except OSError as error:
        raise FetchError(f"{str(path)!r} could not be written: {meaning(error)}; nothing was kept") from None


def _get_at_most(size: int, url: str, out: BinaryIO, progress: Progress | None) -> None:
    try:
        _get(url, Limited(out, size, url), progress, lambda answer: _announced(answer, url))
    except ValueError:
        raise FetchError(f"{url} is not the expected text: it is larger; nothing was kept") from None


def _network_sentence(error: Exception, url: str) -> str:
    from requests import exceptions as failed

    host = urlsplit(url).netloc
    if isinstance(error, failed.HTTPError) and error.response is not None:
        return f"{host} answered {error.response.status_code} ({error.response.reason}) for {url}"
    if isinstance(error, failed.SSLError):
        return f"{host} could not prove that it is {host}: its certificate was refused"
    if isinstance(error, failed.Timeout) or "timed out" in str(error):
        return f"{host} did not answer in time ({READ_TIMEOUT:.0f} s); nothing was kept"
    if isinstance(error, failed.ChunkedEncodingError):
        return f"the connection to {host} was cut before the whole text had arrived; nothing was kept: try again"
    if isinstance(error, failed.ConnectionError):
        return f"{host} cannot be reached: is there a network?"
    return f"{url} could not be fetched ({type(error).__name__}); nothing was kept"
