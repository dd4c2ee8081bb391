"""Asked of a package that was extended as `docs/extending.md` prints it: see `test_extending.py`, which runs these."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from command import TINY, as_json, done, offered, refused, rnntui
from msgspec import structs
from textual.widgets import Select
from tiny import wait_for_screen

import rnntui as package
from rnntui import corpora
from rnntui.config import make_settings
from rnntui.core.cells import load_cell
from rnntui.core.kernels import loop, sequence
from rnntui.core.tasks import load_task
from rnntui.corpora.catalogue import fetchable
from rnntui.runs import Run, folder
from rnntui.sessions.training import TrainingSession
from rnntui.tui.base.keys import table
from rnntui.tui.training import form_row
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.views import VIEWS

TASKS, CELLS, FEW = ("copying", "adding"), ("mingru", "decay"), f"{TINY} --steps 120 --length 8"


def losses(name: str) -> list[float | None]:
    """Of the rows that a run has logged."""
    return [row.loss for row in Run(folder() / name).metrics()]


@pytest.fixture(autouse=True)
def workers_are_of_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(package.__file__).parents[1]))


def test_it_is_the_copy_that_is_asked() -> None:
    assert "extended" in Path(package.__file__).parts


@pytest.mark.parametrize("word", [*TASKS, *CELLS, "nadam", "brackets"])
def test_help_offers_it(word: str) -> None:
    assert word in done("train --help")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("init", ["uniform", "orthogonal", "chrono"])
def test_a_cell_trains_writes_and_is_named(cell: str, init: str) -> None:
    result = as_json(f"train palindrome {TINY} --steps 120 --cell {cell} --init {init} --name one")
    assert result["smoothed_loss"] < 3
    assert cell in done("runs")
    done("gradients one")


@pytest.mark.parametrize("cell", CELLS)
def test_the_parameters_of_a_cell_are_as_many_as_its_formula_says(cell: str) -> None:
    kind = load_cell(cell)
    assert sum(parameter.numel() for parameter in kind(3, 5).parameters()) == kind.parameter_count(3, 5)


def test_a_whole_sequence_is_what_its_steps_are() -> None:
    cell = load_cell("decay")(3, 4).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(1))
    x = torch.randn(7, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    state = (torch.ones(2, 4, dtype=torch.float64),)
    at_once, last = sequence.run(cell, x, state)
    by_steps, end = loop.run(cell, x, state)
    assert torch.allclose(at_once, by_steps)
    assert torch.allclose(last[0], end[0])
    assert as_json(f"train palindrome {TINY} --steps 3 --cell decay")["kernel"] == "whole sequences"
    assert as_json(f"train palindrome {TINY} --steps 3 --cell decay --kernel reference")["kernel"] == loop.NAME


def test_a_text_is_written_by_a_cell_of_whole_sequences(corpus: Path) -> None:
    done(f"train text {TINY} --steps 20 --cell decay --corpus {corpus} --name book --headless")
    assert len(done("sample book --length 20")) > 20


RHYME = (
    *("the house that Jack built.", "the malt\nThat lay in", "the rat\nThat ate", "the cat\nThat killed"),
    *("the dog\nThat worried", "the cow with the crumpled horn\nThat tossed", "the maiden all forlorn\nThat milked"),
    *("the man all tattered and torn\nThat kissed", "the priest all shaven and shorn\nThat married"),
    *("the cock that crowed in the morn\nThat waked", "the farmer sowing his corn\nThat kept"),
)
JACK = "\n\n".join(f"This is {' '.join(RHYME[k::-1])}" for k in range(len(RHYME))) + "\n"


class Shelf(BaseHTTPRequestHandler):
    """Serves the rhyme."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(JACK)))
        self.end_headers()
        self.wfile.write(JACK.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The printed address is one of a server on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Shelf) as server:
        here = structs.replace(fetchable()["jack"], url=f"http://127.0.0.1:{server.server_port}/jack.txt")
        monkeypatch.setitem(fetchable(), "jack", here)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


def learn(corpus: str, name: str, steps: int) -> str:
    given = f"--preset report {TINY} --layers 1 --length 8 --corpus {corpus} --steps {steps}"
    return done(f"train text {given} --name {name} --headless")


@pytest.mark.usefixtures("address")
def test_a_text_is_fetched_learned_resumed_to_the_bit_and_missed_by_its_name() -> None:
    (line,) = (line for line in done("corpora").splitlines() if line.startswith("jack"))
    assert line.split("  ")[-1].strip() == "not here"
    assert "The House That Jack Built" in line
    assert "`rnntui corpora get jack` fetches it" in refused(f"train text {TINY} --corpus jack --headless")
    assert "licence: public domain" in rnntui("corpora get jack").stderr
    assert offered("root train text --corpus ja") == ["jack"]
    assert "jack" in form_row.corpus_names()
    learn("jack", "whole", 40)
    learn("jack", "parted", 20)
    text = corpora.folder() / "jack.txt"
    text.unlink()
    assert "fetch it with `rnntui corpora get jack`" in refused("resume parted --steps 40 --headless")
    done("corpora get jack")
    done("resume parted --steps 40 --headless")
    assert losses("parted") == losses("whole")
    assert "jack" in done("runs")


def test_a_built_in_text_is_listed_learned_resumed_to_the_bit_and_its_name_is_taken() -> None:
    (line,) = (line for line in done("corpora").splitlines() if line.startswith("brackets"))
    assert "Balanced brackets of three kinds" in line
    assert line.endswith("built in")
    assert offered("root sweep text --corpus bra") == ["brackets"]
    assert "brackets" in form_row.corpus_names()
    assert "Balanced brackets" in done("corpora check brackets")
    learn("brackets", "whole", 40)
    learn("brackets", "parted", 20)
    done("resume parted --steps 40 --headless")
    assert losses("parted") == losses("whole")
    assert set(corpora.load("brackets").vocabulary) == set("()[]{}\n")
    assert json.loads((folder() / "whole" / "config.json").read_text())["settings"]["corpus"] == "brackets"
    assert "bits" in done("compare whole parted --headless")
    assert "'brackets'" in refused("corpora add brackets /dev/null")


@pytest.mark.usefixtures("address")
def test_texts_are_an_axis_of_a_sweep() -> None:
    done("corpora get jack")
    few = f"{TINY} --layers 1 --steps 30 --length 8"
    done(f"sweep text --corpus brackets,jack {few} --headless --name swept --workers 1")
    rows = (folder() / "swept" / "results.csv").read_text()
    assert "brackets" in rows
    assert "jack" in rows
    assert (folder() / "swept" / "figure.svg").exists()


@pytest.mark.parametrize("task", TASKS)
def test_batches_are_as_many_and_of_the_shape_that_is_stated(task: str) -> None:
    drawn = load_task(make_settings(task, {"length": 6, "batch": 5}), torch.device("cpu"))
    batch = drawn.batch(torch.Generator().manual_seed(1))
    assert batch.inputs.shape[:2] == (6, 5)
    assert batch.targets.shape == (5,)


def test_the_sum_is_of_the_two_numbers_that_are_marked_one_in_each_half() -> None:
    drawn = load_task(make_settings("adding", {"length": 7, "batch": 400}), torch.device("cpu"))
    inputs, targets = (batch := drawn.batch(torch.Generator().manual_seed(1))).inputs, batch.targets
    numbers, marks = inputs.unbind(-1)
    assert torch.equal(marks[:3].sum(0), torch.ones(400))
    assert torch.equal(marks[4:].sum(0), torch.ones(400))
    assert torch.allclose((numbers * marks).sum(0), targets)
    assert float(targets.var()) == pytest.approx(drawn.guess.loss, rel=0.2)


def test_a_task_is_learned_by_an_optimizer_resumed_to_the_bit_and_listed() -> None:
    learn = "train copying --hidden 16 --batch 16 --threads 1 --length 4 --optimizer nadam --lr 0.01 --headless"
    assert "solved at step" in done(f"{learn} --steps 400 --name whole")
    done(f"{learn} --steps 150 --name parted")
    done("resume parted --steps 400 --headless")
    assert losses("whole") == losses("parted")
    assert "copying" in done("runs")


def test_a_regression_has_no_accuracy_anywhere() -> None:
    said = rnntui(f"train adding {FEW} --headless --name a")
    assert said.exit_code == 0
    assert "accuracy" not in said.stdout + said.stderr
    assert "nats" not in said.stdout + said.stderr
    done(f"train adding {FEW} --headless --name b --seed 2")
    compared = done("compare a b --headless")
    assert not any(word in compared for word in ("acc", "solved", "nats", "bits"))
    assert "mean loss" in compared
    norms = as_json("gradients a")
    assert "norms" in json.dumps(norms)
    assert json.loads((folder() / "a" / "config.json").read_text())["rulers"] == {"mean": [pytest.approx(1 / 6), None]}


@pytest.mark.parametrize("task", TASKS)
def test_a_sweep_has_its_table_and_figure(task: str) -> None:
    done(f"sweep {task} --cell mingru --seed 1,2 {TINY} --steps 120 --headless --name swept --workers 1")
    table, rows = (folder() / "swept" / "table.md").read_text(), (folder() / "swept" / "results.csv").read_text()
    assert "2 runs" in table
    assert ("solved" in table) == (task == "copying")
    heads = rows.splitlines()[0].split(",")
    assert ("test_loss" in heads, "fresh_accuracy" in heads) == (task == "adding", task == "copying")
    assert (folder() / "swept" / "figure.svg").exists()


def test_a_command_is_listed_and_answers() -> None:
    assert "parameters" in done("--help")
    assert done("parameters --cell mingru --hidden 10").strip() == "40"


@pytest.mark.parametrize("task", TASKS)
async def test_the_screen_shows_what_a_task_has_and_the_form_offers_it(task: str) -> None:
    run = Run.create(folder(), "one", make_settings(task, {"hidden": 4, "length": 6, "batch": 4, "threads": 1}))
    app = RnntuiApp([run], folder())
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for_screen(pilot, lambda: app.laboratory.sessions[0].status.run.step > 20)
        (pane,) = app.screen.query(TaskPane)
        assert pane.loss.title == ("mean squared error" if task == "adding" else "loss, nats")
        assert pane.accuracy.is_attached == (task == "copying")
        await pilot.press("n")
        await wait_for_screen(pilot, lambda: isinstance(app.screen, NewRunForm) and app.screen.is_whole)
        app.screen.query_one("#task", Select).value = task  # an error where it is not offered
        assert app.screen.query_one("#task", Select).value == task
        await pilot.press("escape")
        app.leave(0)
    for session in app.laboratory.sessions:
        session.stop()
        session.join()


async def test_a_key_opens_its_pane_and_stands_in_the_footer_the_help_the_palette_and_the_page_of_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)
    tooltip = "Show or hide the norm of the gradient before clipping"
    assert f"| `j` | {tooltip} |" in table([Laboratory])
    app = RnntuiApp([Run.create(folder(), "one", make_settings("palindrome", {"hidden": 4}))], folder())
    async with app.run_test(size=(200, 50)) as pilot:
        (pane,) = app.screen.query(TaskPane)
        assert "gradient norm" in [footer_key.description for footer_key in app.screen.query("FooterKey")]
        assert tooltip in [command.help for command in app.get_system_commands(app.screen)]
        pane.session.curves.gradient_norm.extend(range(1, 101), [0.5] * 100)
        await pilot.press("j")
        (view,) = pane.views.query(VIEWS["gradient norm"])
        await wait_for_screen(pilot, lambda: view.norm.picture is not None)
        assert pane.views.shown is view
        assert view.norm.size.height > 4
        await pilot.press("j")
        await wait_for_screen(pilot, lambda: pane.views.shown is None)
