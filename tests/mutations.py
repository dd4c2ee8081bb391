"""Run and sweep folders as a stranger, a torn disk or an editor may leave them: what is done is a function of a seed.

Nothing here knows what rnntui makes of them. Links that lead outside lead to a folder of canaries.
"""

import json
import os
import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Random = random.Random

NESTED = 2_000  # levels
DIGITS = 5_000
SPARSE = 1 << 31  # bytes of a file that takes no room on disk
TWO_AT_ONCE = 0.2  # share of the folders

# Values as they stand in JSON text, those that its standard does not know too.
VALUES = [
    *("null", "true", "false", "0", "1", "-1", "1.5", "-0.0", "1e-320", "1e308", "-1e308", "1e400", "NaN"),
    *("Infinity", "-Infinity", str(2**31), str(2**63), str(-(2**63)), str(2**64), str(10**400), "9" * DIGITS),
    *("[]", "{}", "[[]]", '{"a": 1}', '""', '"x"', '"12"', '"1e9"', '"nan"', '"last"', '"."', '"../.."', '"/"', '"-"'),
    *('"none:Cell"', '"os:system"', '"rnn"', '"lstm"', '"phased"', '"text"', '"palindrome"', '"finished"'),
    *(r'"\ud800"', r'"\u0000"', r'"\u001b]52;c;aGk=\u0007"', r'"\u202e\u200b"', r'"[red]x[/]"', '"a\\nb\\tc"'),
    f'"{"x" * 100_000}"',
    "[" * NESTED + "]" * NESTED,
    '{"a":' * NESTED + "1" + "}" * NESTED,
    f"[{','.join(['1'] * 10_000)}]",
]
CONTENTS = [b"", b"\n", b"null", b"[]", b"{}", b"0", b'"x"', b"NaN", b"{", b"[" * NESTED, b"\0" * 100, b"9" * DIGITS]
CONTENTS += [b'{"a":' * NESTED + b"1" + b"}" * NESTED, b"\xff\xfe", b'{"format": 1}', b'{"format": 2}', b"x" * 10_000]
DEVICES = ["/dev/null", "/dev/zero", "/dev/full"]
NAMES = ["x", ".x", "x y", "a\nb", "a\x1b[31mb", "[red]", "-x", "ü" * 60, "\udcff", "last", "x.", "\u202eabc", "$x^2$"]

Mutation = Callable[[Path, Random, Path], str]


def mutate(folder: Path, rng: Random, outside: Path) -> tuple[Path, list[str]]:
    """Change a folder once or, in a fifth of all cases, twice; where it lies now, and what was done.

    `outside` is a folder of canaries that links may lead to.
    """
    times = 2 if rng.random() < TWO_AT_ONCE else 1
    done = []
    for _ in range(times):
        if folder.is_symlink() or not folder.is_dir():
            break
        word = _one(folder, rng, outside)
        done.append(word)
    if rng.random() < 0.02 and os.path.lexists(folder):
        name = rng.choice([name for name in NAMES if name != "last"])  # which means the newest, whatever its name
        with suppress(OSError):
            folder = folder.rename(folder.with_name(name))
            done.append(f"renamed to {name!r}")
    return folder, done


def _one(folder: Path, rng: Random, outside: Path) -> str:
    """One mutation that fits what it meets; those that do not are drawn again."""
    for _ in range(20):
        kind = rng.choices([_json, _bytes, _entry, _weights, _checkpoints, _whole], [40, 15, 18, 12, 10, 5])[0]
        if word := kind(folder, rng, outside):
            return word
    return "nothing"


def _files(folder: Path, *endings: str) -> list[Path]:
    """The regular files under a folder, in order of their names, no links, and none that was made too large to read."""
    found = [entry for entry in _entries(folder) if _is_file(entry) and entry.name.endswith(endings or "")]
    return [file for file in found if file.stat().st_size < SPARSE]


def _entries(folder: Path) -> list[Path]:
    """All that lies under a folder, links not followed."""
    found = [Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files)]
    return sorted(found)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


# --- JSON -----------------------------------------------------------------------------------------------------------


def _json(folder: Path, rng: Random, outside: Path) -> str:
    """A value replaced, or a key gone, renamed or there twice; of a file of rows in one row, often the last."""
    files = _files(folder, ".json", ".jsonl")
    if not files:
        return ""
    file = rng.choice(files)
    lines = _lines(file)
    number = len(lines) - 1 if rng.random() < 0.5 else rng.randrange(max(1, len(lines)))
    try:
        content = json.loads(lines[number])
    except (ValueError, IndexError, RecursionError):
        return ""
    word, text = _change(content, rng)
    lines[number] = text
    file.write_bytes(b"\n".join(line.encode("utf-8", "surrogatepass") for line in lines) + b"\n")
    return f"{file.relative_to(folder)}{f' row {number}' if file.suffix == '.jsonl' else ''}: {word}"


def _lines(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    return text.splitlines() if file.suffix == ".jsonl" else [text]


def _change(content: Any, rng: Random) -> tuple[str, str]:
    """What was done, and the JSON text that it gave."""
    if not (isinstance(content, dict | list) and content) or rng.random() < 0.05:
        value = rng.choice(VALUES)
        return f"all of it is {_short(value)}", value
    holder, key, path = _place(content, rng)
    value = rng.choice(VALUES)
    kind = rng.choices(["value", "missing", "renamed", "twice", "extra"], [70, 10, 6, 8, 6])[0]
    if kind == "missing" or (kind != "value" and not isinstance(holder, dict)):
        del holder[key]
        return f"{path} is missing", json.dumps(content)
    if kind == "renamed":
        holder[rng.choice([key.upper(), f"{key} ", f"_{key}", "", "format"])] = holder.pop(key)
        return f"{path} is renamed", json.dumps(content)
    if kind == "value":
        holder[key] = MARK
        return f"{path} is {_short(value)}", _put(content, f'"{MARK}"', value)
    added = key if kind == "twice" else "unknown"
    holder[MARK] = 0
    return f"{path}: {added} again as {_short(value)}", _put(content, f'"{MARK}": 0', f"{json.dumps(added)}: {value}")


MARK = "@mark@"


def _put(content: Any, mark: str, value: str) -> str:
    return json.dumps(content).replace(mark, value)


def _place(content: Any, rng: Random) -> tuple[Any, Any, str]:
    """A place within, deep or shallow: what holds it, under which key, and a path for people."""
    path = ""
    while True:
        key = rng.choice(sorted(content)) if isinstance(content, dict) else rng.randrange(len(content))
        path, within = f"{path}/{key}", content[key]
        if not (isinstance(within, dict | list) and within) or rng.random() < 0.3:
            return content, key, path
        content = within


def _short(value: str) -> str:
    return value if len(value) < 40 else f"{value[:20]}… ({len(value):,} characters)"


# --- bytes ----------------------------------------------------------------------------------------------------------


def _bytes(folder: Path, rng: Random, outside: Path) -> str:
    """A file cut, flipped, written over, or in another encoding."""
    files = _files(folder)
    if not files:
        return ""
    file = rng.choice(files)
    raw = file.read_bytes()
    names = ["cut", "flipped", "filled", "added", "UTF-16", "UTF-32", "BOM", "latin-1", "CRLF", "CR", "twice", "sparse"]
    kind = rng.choice(names)
    if kind == "sparse":
        os.truncate(file, SPARSE)
    else:
        file.write_bytes(_changed_bytes(raw, kind, rng))
    return f"{file.relative_to(folder)}: {kind}"


def _changed_bytes(raw: bytes, kind: str, rng: Random) -> bytes:
    text = raw.decode("latin-1")
    match kind:
        case "cut":
            return raw[: rng.randrange(len(raw) + 1)]
        case "flipped":
            flipped = bytearray(raw)
            for _ in range(rng.choice([1, 1, 1, 8, 100]) if raw else 0):
                flipped[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case "filled":
            return rng.choice(CONTENTS)
        case "added":
            return raw + rng.choice(CONTENTS)
        case "UTF-16":
            return text.encode("utf-16")
        case "UTF-32":
            return text.encode("utf-32")
        case "BOM":
            return b"\xef\xbb\xbf" + raw
        case "latin-1":
            return raw.replace(b"e", b"\xe9", 1 + rng.randrange(3))
        case "CRLF":
            return raw.replace(b"\n", b"\r\n")
        case "CR":
            return raw.replace(b"\n", b"\r")
        case _:
            return raw + raw


# --- entries of the folder ------------------------------------------------------------------------------------------


def _entry(folder: Path, rng: Random, outside: Path) -> str:
    """A file or folder gone, renamed, or something else in its place."""
    entry = _somewhere(folder, rng)
    if entry is None:
        return ""
    kind = rng.choice(["gone", "renamed", "swapped", *PUT])
    if kind == "renamed":
        name = rng.choice([entry.name.upper(), f"{entry.name}~", f".{entry.name}.1", *NAMES])
        with suppress(OSError):
            entry.rename(entry.with_name(name))
        return f"{entry.relative_to(folder)} is renamed to {name!r}"
    if kind == "swapped":
        return _swap(folder, entry, rng)
    _remove(entry)
    if kind in PUT:
        PUT[kind](entry, outside)
    return f"{entry.relative_to(folder)} is {kind}"


def _somewhere(folder: Path, rng: Random) -> Path | None:
    """A file or folder in it; deep ones are as likely as shallow ones."""
    found = None
    while names := sorted(os.listdir(folder)):
        found = folder / rng.choice(names)
        if found.is_symlink() or not found.is_dir() or rng.random() < 0.3:
            break
        folder = found
    return found


def _swap(folder: Path, entry: Path, rng: Random) -> str:
    other = rng.choice(_entries(folder))
    if not (_is_file(entry) and _is_file(other)):
        return ""
    one, two = entry.read_bytes(), other.read_bytes()
    entry.write_bytes(two)
    other.write_bytes(one)
    return f"{entry.relative_to(folder)} and {other.relative_to(folder)} are swapped"


def _remove(entry: Path) -> None:
    if entry.is_symlink() or not entry.is_dir():
        entry.unlink()
        return
    for inner in entry.iterdir():
        _remove(inner)
    entry.rmdir()


def _folder_with_a_file(entry: Path, outside: Path) -> None:
    entry.mkdir()
    (entry / "mine.txt").write_text("of the user\n")


def _hidden_folder(entry: Path, outside: Path) -> None:
    entry.mkdir()
    (entry / ".ssh").mkdir()
    (entry / ".ssh" / "key").write_text("secret\n")


def _socket(entry: Path, outside: Path) -> None:
    before = os.getcwd()
    os.chdir(entry.parent)  # a socket's path may not be long
    try:
        with socket.socket(socket.AF_UNIX) as bound, suppress(OSError):
            bound.bind(entry.name)
    finally:
        os.chdir(before)


PUT: dict[str, Callable[[Path, Path], None]] = {
    "a folder": lambda entry, outside: entry.mkdir(),
    "a folder with a file": _folder_with_a_file,
    "a folder with a hidden folder": _hidden_folder,
    "an empty file": lambda entry, outside: entry.touch(),
    "a FIFO": lambda entry, outside: os.mkfifo(entry),
    "a socket": _socket,
    "a link to itself": lambda entry, outside: entry.symlink_to(entry.name),
    "a link to nothing": lambda entry, outside: entry.symlink_to("nothing"),
    "a link to a canary": lambda entry, outside: entry.symlink_to(outside / "canary.txt"),
    "a link to a JSON canary": lambda entry, outside: entry.symlink_to(outside / "canary.json"),
    "a link to a folder of canaries": lambda entry, outside: entry.symlink_to(outside),
    "a link to a run outside": lambda entry, outside: entry.symlink_to(outside / "run"),
    "a link to the same name in a run outside": lambda entry, outside: entry.symlink_to(outside / "run" / entry.name),
    "a link to a file not there yet": lambda entry, outside: entry.symlink_to(outside / "not-there-yet"),
    "a link to its folder": lambda entry, outside: entry.symlink_to("."),
    **{f"a link to {device}": lambda entry, outside, to=device: entry.symlink_to(to) for device in DEVICES},
}


# --- weights --------------------------------------------------------------------------------------------------------


def _weights(folder: Path, rng: Random, outside: Path) -> str:
    """Tensors of another dtype or shape, not finite, gone, renamed or more than there are; or a torn header."""
    files = _files(folder, ".safetensors")
    if not files:
        return ""
    file = rng.choice(files)
    if file.stat().st_size >= SPARSE:
        return ""  # one that an earlier mutation made endless
    raw = file.read_bytes()
    try:
        size = struct.unpack("<Q", raw[:8])[0]
        header, data = json.loads(raw[8 : 8 + size]), raw[8 + size :]
        names = sorted(name for name in header if name != "__metadata__")
        word, raw = _changed_weights(header, data, rng.choice(names), rng)
    except (ValueError, IndexError, struct.error, KeyError, AttributeError, RecursionError):
        return ""
    file.write_bytes(raw)
    return f"{file.relative_to(folder)}: {word}"


def _changed_weights(header: dict[str, Any], data: bytes, name: str, rng: Random) -> tuple[str, bytes]:
    tensor = header[name]
    begin, end = tensor["data_offsets"]
    kind = rng.choice(["not finite", "huge", "dtype", "shape", "gone", "renamed", "more", "header", "length", "zero"])
    if kind in ("not finite", "huge", "zero"):
        value = rng.choice([float("nan"), float("inf")]) if kind == "not finite" else 1e38 if kind == "huge" else 0.0
        data = _filled(data, begin, end, value, whole=rng.random() < 0.5)
    elif kind == "dtype":
        kind = f"dtype {_give_dtype(tensor, end - begin, rng)}"
    elif kind == "shape":
        tensor["shape"] = rng.choice(
            [[1, *tensor["shape"]], tensor["shape"][::-1], [(end - begin) // 4], [-1], [2**62]]
        )
        kind = f"shape {tensor['shape']}"
    elif kind == "gone":
        return f"{name} is gone", _without(header, data, name)
    elif kind == "renamed":
        header[rng.choice(["x", "", f"{name}.x", "\x1b[31m"])] = header.pop(name)
    elif kind == "more":
        header["more"] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
        data += b"\0\0\0\0"
    elif kind == "header":
        text = rng.choice([b"{}", b"[]", b"[" * NESTED, b"\xff" * 8, b'{"a": 1}', json.dumps(header).encode()[:-3]])
        return kind, struct.pack("<Q", len(text)) + text + data
    packed = json.dumps(header).encode()
    length = rng.choice([0, 2**63, 2**64 - 1, len(packed) + 10**6]) if kind == "length" else len(packed)
    return f"{name}: {kind}", struct.pack("<Q", length) + packed + data


def _filled(data: bytes, begin: int, end: int, value: float, *, whole: bool) -> bytes:
    count = (end - begin) // 4 if whole else 1
    return data[:begin] + struct.pack("<f", value) * count + data[begin + 4 * count :]


def _give_dtype(tensor: dict[str, Any], size: int, rng: Random) -> str:
    """Another dtype of as many bytes, its shape with it where it has to be another."""
    dtype, width = rng.choice([("I32", 4), ("U32", 4), ("F16", 2), ("BF16", 2), ("F64", 8), ("I64", 8), ("BOOL", 1)])
    if width != 4:
        tensor["shape"] = [size // width]
    tensor["dtype"] = dtype
    return dtype


def _without(header: dict[str, Any], data: bytes, name: str) -> bytes:
    """A file that is whole but for one tensor."""
    begin, end = header.pop(name)["data_offsets"]
    for key, tensor in header.items():
        if key != "__metadata__" and tensor["data_offsets"][0] >= end:
            tensor["data_offsets"] = [offset - (end - begin) for offset in tensor["data_offsets"]]
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + data[:begin] + data[end:]


# --- checkpoints, and the folder as a whole -------------------------------------------------------------------------


def _checkpoints(folder: Path, rng: Random, outside: Path) -> str:
    """Names that a step has not, steps that are not there, and a user's own things among them."""
    places = [
        entry for entry in _entries(folder) if entry.name == "checkpoints" and entry.is_dir() and not entry.is_symlink()
    ]
    if not places:
        return ""
    place = rng.choice(places)
    word = rng.choice(
        ["step-" + "9" * 30, "step-00000099", "step-99999999", "step-0000000١", "step-x", ".mine", "mine"]
    )
    kind = rng.choice(["a folder", "a file", "a copy", "a link", "only an optimizer", "no weights", "no state"])
    new, steps = place / word, sorted(entry for entry in place.iterdir() if entry.is_dir() and not entry.is_symlink())
    if os.path.lexists(new):
        return ""
    if kind == "a link":
        new.symlink_to(outside)
    elif kind == "a file":
        new.write_text("of the user\n")
    elif kind == "a folder" or not steps:
        new.mkdir()
        (new / "mine.txt").write_text("of the user\n")
    else:
        _copy_checkpoint(rng.choice(steps), new, kind)
    return f"{place.relative_to(folder)}/{word} is there, {kind}"


def _copy_checkpoint(step: Path, new: Path, kind: str) -> None:
    left_out = {"no weights": "model.safetensors", "no state": "state.json"}.get(kind)
    new.mkdir()
    for file in step.iterdir():
        if (
            file.name != left_out
            and (kind != "only an optimizer" or file.name == "optimizer.safetensors")
            and _is_file(file)
            and file.stat().st_size < SPARSE
        ):
            (new / file.name).write_bytes(file.read_bytes())


def _whole(folder: Path, rng: Random, outside: Path) -> str:
    """Something else in the whole folder's place, or something of the user's in it."""
    kind = rng.choice([*PUT, "a user's file in it", "a user's hidden folder in it", "many in it"])
    if kind == "a user's file in it":
        (folder / "mine.txt").write_text("of the user\n")
    elif kind == "a user's hidden folder in it":
        (folder / ".git").mkdir(exist_ok=True)
        (folder / ".git" / "HEAD").write_text("of the user\n")
    elif kind == "many in it":
        for k in range(1_000):
            (folder / f"step-{k:08d}").touch()
    else:
        _remove(folder)
        PUT[kind](folder, outside)
    return f"the folder itself: {kind}"
