"""The compiled kernels under a sanitizer, every buffer exactly as large as it may be: `kernels_driver.c`."""

import shutil
import subprocess
from pathlib import Path

import pytest

from rnntui.core.kernels import compiled

DRIVER = Path(__file__).with_name("kernels_driver.c")
SOURCES = Path(compiled.__file__).parent
FLAGS = ("-std=gnu11", "-O0", "-ffp-contract=fast", "-fno-math-errno", "-Wno-psabi")
SANITIZER = ("-fsanitize=address,undefined", "-fno-sanitize-recover")
WATCHED = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1"}


def build(source: Path, program: Path) -> None:
    libraries = ("-lm", "-lpthread")
    subprocess.run(["gcc", *FLAGS, *SANITIZER, "-I", SOURCES, source, "-o", program, *libraries], check=True)


@pytest.fixture(scope="module")
def gcc(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip without GCC and its sanitizers: a program of one line is built and run with them."""
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc")
    folder = tmp_path_factory.mktemp("sanitizer")
    (folder / "nothing.c").write_text("int main(void) { return 0; }\n")
    try:
        build(folder / "nothing.c", folder / "nothing")
        subprocess.run([folder / "nothing"], check=True, env=WATCHED)
    except subprocess.CalledProcessError:
        pytest.skip("gcc has no sanitizers here")


def watched(driver: Path, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([driver, *given], env=WATCHED, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("gcc")
def test_no_kernel_reads_or_writes_beside_its_buffers_or_does_what_c_leaves_undefined(tmp_path: Path) -> None:
    driver = tmp_path / "driver"
    build(DRIVER, driver)
    ended = watched(driver)
    assert (ended.returncode, ended.stderr) == (0, "")
    *_, narrowest = ran = ended.stdout.split("\n")[:-1]
    assert narrowest in ("baseline", "NEON")
    assert all(compiled.has(instructions) for instructions in ran) or not compiled.has("")
    too_small = watched(driver, "h is a number too small")
    assert too_small.returncode != 0
    assert "AddressSanitizer" in too_small.stderr, "the sanitizer sees nothing"
