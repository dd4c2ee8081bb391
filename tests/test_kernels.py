"""Every fast path computes what the cell's own loop computes, outputs and gradients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
import pytest
import torch
from test_cells import OWN, random_cell
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core.cells import Cell, load_cell
from rnntui.core.kernels import compiled, library, loop, vanilla_cpu
from rnntui.core.kernels.choice import Kernel, choose
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model

FAST = [
    ("rnn", vanilla_cpu),
    *((name, kernel) for kernel in (library, compiled) for name in ("rnn", "lstm", "gru")),
]
needs_compiled = pytest.mark.skipif(not compiled.has(""), reason="the compiled kernels were not built")
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}
ON_CUDA = pytest.param("cuda", marks=pytest.mark.cuda)


@pytest.fixture(autouse=True)
def full_precision() -> Iterator[None]:
    """Float32 products on CUDA are compared in float32, not in TF32."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


@dataclass
class Problem:
    """A layer, what goes in, and weights of the outputs that make a loss of them."""

    cell: Cell
    x: Tensor
    state: tuple[Tensor, ...]
    weight: Tensor  # (T, B, n)
    weight_after: list[Tensor]


def problem(name: str, inputs: str, readout: str, T: int, B: int, dtype: torch.dtype, device: str) -> Problem:
    torch.manual_seed(T + B)
    d, n = 6, 9
    cell = random_cell(name, d, n, dtype).to(device)
    x = torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d, dtype=dtype)
    weight = torch.randn(T, B, n, dtype=dtype)
    if readout == "last":
        weight[:-1] = 0.0
    state = tuple(torch.randn(B, n, dtype=dtype).to(device) for _ in range(cell.states))
    return Problem(cell, x.to(device), state, weight.to(device), [torch.randn_like(part) for part in state])


def solve(run: Callable[..., tuple[Tensor, tuple[Tensor, ...]]], p: Problem) -> dict[str, Tensor]:
    """Outputs, final state and all gradients, by name."""
    x = p.x.clone().requires_grad_(p.x.is_floating_point())
    state = tuple(part.clone().requires_grad_() for part in p.state)
    outputs, after = run(p.cell, x, state, None)
    loss = (outputs * p.weight).sum() + sum((a * w).sum() for a, w in zip(after, p.weight_after, strict=True))
    wanted = {**dict(p.cell.named_parameters()), **{f"state {k}": part for k, part in enumerate(state)}}
    if x.requires_grad:
        wanted["x"] = x
    gradients = torch.autograd.grad(loss, list(wanted.values()))
    return {
        "outputs": outputs.detach(),
        **{f"after {k}": part.detach() for k, part in enumerate(after)},
        **{f"∂{name}": gradient for name, gradient in zip(wanted, gradients, strict=True)},
    }


def distance(a: Tensor, b: Tensor) -> float:
    """‖a - b‖/‖b‖, 0 where both are zero."""
    norm = float(b.norm())
    return float((a - b).norm()) / norm if norm else float(a.norm())


@pytest.mark.parametrize("device", ["cpu", ON_CUDA])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("T", "B"), [(1, 1), (1, 5), (7, 1), (12, 4)])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize(("name", "kernel"), FAST, ids=lambda part: getattr(part, "__name__", part))
def test_a_kernel_computes_what_the_loop_computes(
    name: str, kernel: ModuleType, inputs: str, readout: str, T: int, B: int, dtype: torch.dtype, device: str
) -> None:
    p = problem(name, inputs, readout, T, B, dtype, device)
    if kernel.refuses(p.cell):
        pytest.skip(kernel.refuses(p.cell))
    fast, reference = solve(kernel.run, p), solve(loop.run, p)
    assert fast.keys() == reference.keys()
    for name in reference:
        assert fast[name].shape == reference[name].shape
        assert distance(fast[name], reference[name]) < TOLERANCE[dtype], name


@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("which", ["outputs", "last output", "state", "both"])
def test_the_own_backward_pass_is_the_derivative(inputs: str, which: str) -> None:
    p = problem("rnn", inputs, "every", 4, 2, torch.float64, "cpu")
    names = [name for name, _ in p.cell.named_parameters()]

    def function(x: Tensor, h0: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        outputs, (h,) = torch.func.functional_call(
            Runs(p.cell), {f"cell.{name}": part for name, part in zip(names, parameters, strict=True)}, (x, h0)
        )
        return {"outputs": (outputs,), "last output": (outputs[-1],), "state": (h,), "both": (outputs, h)}[which]

    x = p.x.clone().requires_grad_(p.x.is_floating_point())
    parameters = [parameter.detach().clone().requires_grad_() for parameter in p.cell.parameters()]
    assert torch.autograd.gradcheck(
        function, (x, p.state[0].clone().requires_grad_(), *parameters), check_undefined_grad=False
    )


class Runs(nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, h0: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        return vanilla_cpu.run(self.cell, x, (h0,))


# The rule


def chosen(name: str, setting: str, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Kernel:
    return choose(load_cell(name)(3, 4).to(dtype).to(device), setting)


def test_a_rule_over_cell_device_and_type_names_the_kernel() -> None:
    setting = "library"
    onednn = "oneDNN" if torch.backends.mkldnn.is_available() else "torch"
    assert chosen("rnn", setting) == Kernel("own backward pass", vanilla_cpu.run)
    assert chosen("lstm", setting) == Kernel(onednn, library.run)
    assert chosen("lstm", setting, torch.float64) == Kernel("torch", library.run)
    assert chosen("gru", setting) == Kernel("torch", library.run)


@needs_compiled
@pytest.mark.parametrize("setting", ["auto", "compiled"])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_compiled_kernels_come_first(name: str, setting: str) -> None:
    kernel = chosen(name, setting)
    assert kernel.run is compiled.run
    assert kernel.name == f"compiled, {kernel.instructions}"


def test_float64_is_the_librarys() -> None:
    assert chosen("rnn", "auto", torch.float64).run is vanilla_cpu.run
    with pytest.raises(ValueError, match=r"--kernel compiled: .*; take auto"):
        chosen("rnn", "compiled", torch.float64)


def test_a_resumed_run_takes_the_kernel_that_it_was_trained_with() -> None:
    cell = load_cell("rnn")(3, 4)
    assert choose(cell, "auto", recorded="own backward pass").run is vanilla_cpu.run
    assert choose(cell, "auto", recorded=loop.NAME).run is loop.run
    assert choose(cell, "auto", recorded="of another machine") == choose(cell, "auto")
    assert choose(cell, "library", recorded=loop.NAME).run is vanilla_cpu.run  # what is asked for comes first


@needs_compiled
def test_a_resumed_run_takes_the_instruction_set_that_it_was_trained_with() -> None:
    cell = load_cell("lstm")(3, 4)
    kernel = choose(cell, "auto", recorded="compiled, baseline")
    assert (kernel.name, kernel.instructions) == ("compiled, baseline", "baseline")
    x, state = torch.randn(2, 5, 3), cell.initial_state(5)
    assert distance(kernel.run(cell, x, state, None)[0], loop.run(cell, x, state)[0]) < 1e-6


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_on_cuda_the_kernel_is_cudnns(name: str) -> None:
    assert chosen(name, "auto", device="cuda") == Kernel("cuDNN", library.run)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_reference_can_always_be_chosen(name: str) -> None:
    assert chosen(name, "reference") == Kernel(loop.NAME, loop.run, "--kernel reference")


def test_an_own_cell_runs_its_loop_and_the_reason_names_it() -> None:
    assert chosen(OWN, "auto") == Kernel(loop.NAME, loop.run, "torch has no kernel for Leaky")


def test_fused_is_what_the_library_was_called_before() -> None:
    assert Settings(kernel="fused") == Settings(kernel="library")


def test_the_library_is_refused_for_an_own_cell() -> None:
    with pytest.raises(ValueError, match=r"--kernel library: torch has no kernel for Leaky"):
        Model(Settings(cell=OWN, kernel="fused"), 3, 5, "last")


def test_a_cell_derived_from_the_lstm_is_not_taken_for_it() -> None:
    lstm = load_cell("lstm")
    derived = type("Derived", (lstm,), {})(3, 4)
    assert choose(derived, "auto").run is loop.run


# One step of one sequence


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("kernel", ["library", pytest.param("compiled", marks=needs_compiled)])
def test_the_single_step_follows_the_model_for_200_steps(kernel: str, name: str, layers: int) -> None:
    torch.manual_seed(layers)
    d = 11
    model = Model(Settings(cell=name, hidden=24, layers=layers, kernel=kernel), d, d, "every")
    model.initialise("orthogonal", 50, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    indices = torch.randint(d, (200,)).tolist()
    single = Snapshot(model)
    state, carried = single.initial_state, model.initial_state(1)
    for index in indices:
        logits, state = single.step(index, state)
        with torch.inference_mode():
            expected, carried = model(torch.tensor([[index]]), carried)
        np.testing.assert_allclose(logits, expected.flatten().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", OWN])
def test_a_snapshot_stays_as_it_was_while_training_goes_on(name: str) -> None:
    model = Model(Settings(cell=name, hidden=5), 3, 3, "every")
    model.initialise("uniform", 10, torch.Generator().manual_seed(0))
    snapshot = Snapshot(model)
    before, _ = snapshot.step(1, snapshot.initial_state)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    after, _ = snapshot.step(1, snapshot.initial_state)
    np.testing.assert_array_equal(before, after)
    assert not np.allclose(before, Snapshot(model).step(1, snapshot.initial_state)[0])


# Ill-conditioned networks: recurrent weights so large that rounding grows along the sequence.


def gradients(settings: Settings, scale: float, dtype: torch.dtype) -> list[Tensor]:
    """The gradients of a loss at the last step, in float64, with recurrent weights `scale` times as drawn."""
    generator, batch = torch.Generator().manual_seed(settings.seed), 8
    model = Model(settings, 10, 10, "last")
    model.initialise("uniform", settings.length, generator)
    for cell in model.cells:
        for letter, tensor in cell.letters():
            if letter.endswith("h") and tensor.dim() == 2:
                tensor.mul_(scale)
    model = model.to(dtype).place("cpu")
    inputs = torch.randint(10, (settings.length, batch), generator=generator)
    targets = torch.randint(10, (batch,), generator=generator)
    logits, _ = model(inputs, model.initial_state(batch))
    loss = nn.functional.cross_entropy(logits, targets)
    return [gradient.double() for gradient in torch.autograd.grad(loss, list(model.parameters()))]


@pytest.mark.parametrize(
    ("cell", "scale", "length"), [("rnn", 3.0, 30), ("lstm", 6.0, 50), ("gru", 6.0, 50), ("phased", 1.0, 200)]
)
def test_where_rounding_grows_a_kernel_errs_by_ten_times_what_the_loop_does_at_most(
    cell: str, scale: float, length: int
) -> None:
    ratio = {"ratio": 0.3} if cell == "phased" else {}
    worst = {"auto": 0.0, "reference": 0.0}
    for seed in range(4):
        settings = Settings(cell=cell, hidden=16, length=length, threads=1, seed=seed, **ratio)  # type: ignore[arg-type]
        exact = gradients(replace(settings, kernel="reference"), scale, torch.float64)
        largest = max(float(gradient.abs().max()) for gradient in exact)
        for kernel in worst:
            found = gradients(replace(settings, kernel=kernel), scale, torch.float32)
            errors = [float((a - b).abs().max()) / largest for a, b in zip(found, exact, strict=True)]
            worst[kernel] = max(worst[kernel], *errors)
    assert worst["reference"] > 1e-6, "this case does not try the kernels"
    assert worst["auto"] < 1e-3
    assert worst["auto"] < 10 * worst["reference"]
