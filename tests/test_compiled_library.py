"""Which compiled library is taken, and what is said of one that is not."""

import hashlib
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_kernels import needs_compiled

from rnntui.core.cells.lstm import LSTM
from rnntui.core.kernels import compiled
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.compiled.library import ENVIRONMENT, INTERFACE, load

SOURCES = Path(compiled.__file__).parent
# Of the interface that `INTERFACE` numbers. Where it differs, raise the number in `kernels.h` and `library.py` first.
DIGEST = "8c17c476bf3859f3"


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> Iterator[None]:
    """What one test loads or refuses is not what the next one gets."""
    load.cache_clear()
    yield
    load.cache_clear()


def interface() -> str:
    """The two headers of what Python calls, and its functions, without comments, spaces and the number itself."""
    header = "".join((SOURCES / name).read_text("utf-8") for name in ("kernels.h", "open_units.h"))
    functions = (SOURCES / "kernels.c").read_text("utf-8")
    signatures = re.findall(r"^\w[^\n;{(]*rnntui_\w+\([^)]*\)", functions, re.MULTILINE)
    text = re.sub(r"/\*.*?\*/|#define INTERFACE \d+", "", "".join([header, *signatures]), flags=re.DOTALL)
    return re.sub(r"\s+", "", text)


def test_the_number_of_the_interface_is_raised_with_it() -> None:
    assert hashlib.sha256(interface().encode()).hexdigest()[:16] == DIGEST
    assert f"#define INTERFACE {INTERFACE}\n" in (SOURCES / "kernels.h").read_text("utf-8")


@needs_compiled
def test_a_library_of_another_interface_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not compiled.missing()
    load.cache_clear()
    library = importlib.import_module("rnntui.core.kernels.compiled.library")  # `compiled.library` is a function
    monkeypatch.setattr(library, "INTERFACE", INTERFACE + 1)
    assert "another version of rnntui: install it again" in compiled.missing()


@needs_compiled
@pytest.mark.skipif(sys.platform != "linux", reason="the format of Linux's libraries")
@pytest.mark.parametrize("share", [0.0001, 0.1, 0.5, 0.95])
def test_a_library_that_was_cut_short_is_not_taken(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = importlib.import_module("rnntui.core.kernels.compiled.library")
    built = next(SOURCES.glob("_kernels*.so"))
    (tmp_path / built.name).write_bytes(built.read_bytes()[: int(share * built.stat().st_size)])
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    assert re.match(
        "the file of the compiled kernels ends too early: install rnntui again|the compiled kernels do not load: .*too",
        compiled.missing(),
    )


@needs_compiled
def test_a_library_that_is_damaged_or_no_file_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = importlib.import_module("rnntui.core.kernels.compiled.library")
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    built = next(SOURCES.glob("_kernels*"))
    content = built.read_bytes()
    (tmp_path / built.name).write_bytes(content[:32] + b"\xff" * 8 + content[40:])  # where an ELF's headers begin
    assert "the compiled kernels do not load" in compiled.missing()
    load.cache_clear()
    (tmp_path / built.name).unlink()
    (tmp_path / built.name).mkdir()
    assert "the compiled kernels do not load" in compiled.missing()


@needs_compiled
def test_why_the_library_trains_what_a_compiled_kernel_would_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not choose(LSTM(3, 4), "auto").why
    monkeypatch.setenv(ENVIRONMENT, "none")
    load.cache_clear()
    assert choose(LSTM(3, 4), "auto").why == f"{ENVIRONMENT}=none"
    assert choose(LSTM(3, 4), "auto", recorded="oneDNN").why == f"{ENVIRONMENT}=none"
    assert not choose(LSTM(3, 4), "library").why, "it was asked for"


@needs_compiled
def test_a_resumed_run_keeps_its_instruction_set_also_where_compiled_kernels_were_asked_for() -> None:
    assert choose(LSTM(3, 4), "compiled", recorded="compiled, baseline").instructions == "baseline"
    assert choose(LSTM(3, 4), "compiled", recorded="oneDNN") == choose(LSTM(3, 4), "compiled")


def test_a_word_that_is_no_instruction_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "avx2")
    with pytest.raises(
        ValueError, match="RNNTUI_INSTRUCTIONS='avx2': it is one of AVX-512, AVX2, NEON, baseline, none"
    ):
        compiled.missing()
