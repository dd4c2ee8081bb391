"""A network, its optimizer and its generators: all that one optimizer step reads and writes.

Invariant: `tensors` and `position` are the whole of the state. Restored, the next step is equal to the bit.
"""

import hashlib
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from rnntui.config import FREE, Settings, time_steps
from rnntui.core import size
from rnntui.core.device import prepare, resolve
from rnntui.core.kernels import compiled
from rnntui.core.kernels.compiled import gradient, update
from rnntui.core.kernels.compiled.gradient import Gradient
from rnntui.core.kernels.compiled.update import CompiledUpdate
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch, Task, load_task
from rnntui.core.training import memory_needs
from rnntui.core.training.averaging import make_average, with_weights
from rnntui.core.training.optim import (
    Unused,
    clip_gradient,
    flatten,
    gather_gradients,
    make_optimizer,
    optimizer_tensors,
    restore_optimizer,
    set_learning_rate,
)
from rnntui.core.training.orthogonal import OrthogonalSteps
from rnntui.core.training.warm_start import WarmStart
from rnntui.core.training.weight_decay import WeightDecay
from rnntui.runs.making import check_batch
from rnntui.schemas import CorpusFacts
from rnntui.system.user_code import BrokenContract

if TYPE_CHECKING:
    from rnntui.core.training.parallel import Ranks


class Learner:
    """A network before step 1. Of a resumed run, `facts` are those of its data and `kernel` names the one it was
    trained with; `start` has weights of another run to begin with; `ranks` are the processes that train it together.

    Raises `ValueError` for a device that is absent, a cell or corpus that will not do.
    """

    def __init__(
        self,
        settings: Settings,
        facts: CorpusFacts | None = None,
        kernel: str = "",
        start: WarmStart | None = None,
        ranks: "Ranks | None" = None,
    ) -> None:
        self.settings, self._ranks = settings, ranks
        self.is_drawn = start is None  # whether its first weights were those that the settings draw
        self.before: Tensor | None = None  # θ before the newest step, where that was kept
        own = settings if ranks is None else ranks.own(settings)  # this process's part of it
        check_batch(settings)
        size.check_weights(settings, 1 + size.OPTIMIZER)
        self.device = resolve(own.device)
        prepare(self.device, settings.threads)
        self.task: Task = load_task(settings, self.device, facts)
        self.model = Model(
            settings, self.task.input_size, self.task.output_size, self.task.readout, self.task.own_times, kernel
        )
        memory_needs.check(own, self.task, self.model, self.device)
        self.model.initialise(
            settings.init, time_steps(settings), stream("cpu", settings.seed, "weights"), settings.input_scale
        )
        if start is not None:
            start.put_into(self.model, self.task.facts().vocabulary)
        self.model.place(self.device)
        self.theta: nn.Parameter = flatten(self.model)  # (P,)
        self.parameters = tuple(self.model.parameters())
        if ranks is not None:
            self.model.dropout = ranks.dropout(self.model.dropout)
            ranks.hold_gradient(self.theta)
        self.optimizer = make_optimizer(self.theta, settings)
        self.average = make_average(self.theta, settings)
        self._decay = WeightDecay(settings.weight_decay or 0.0, self.theta, self.parameters)
        is_free = settings.recurrent == FREE
        self._orthogonal = None if is_free else OrthogonalSteps(self.model, self.theta, settings)
        self.batches = stream(self.device, settings.seed, "batches")
        self.masks = stream(self.device, settings.seed, "dropout")
        self._batch = own.batch
        self.carried: Carried = self.model.initial_state(settings.batch)
        self._gradient, self._update = self._compiled()

    def _compiled(self) -> tuple[Gradient | None, CompiledUpdate | None]:
        """The compiled gradient, where it serves the network and the task's loss is that of all, and update."""
        kernel, grad = self.model.kernel, self.theta.grad
        if not kernel.instructions or grad is None:
            return None, None
        library = compiled.library(kernel.instructions)
        has_own_loss = type(self.task).loss_and_accuracy is not Task.loss_and_accuracy
        return (
            Gradient(library, self.model, grad) if gradient.serves(self.model) and not has_own_loss else None,
            CompiledUpdate(library, self.optimizer) if update.serves(self.optimizer) else None,
        )

    def train_one(self, learning_rate: float, clip: float) -> Tensor:
        """One optimizer step; its batch's loss, accuracy and gradient norm before clipping, `(3,)`, on the device."""
        batch = self.task.batch(self.batches)
        if self._ranks is not None:
            batch = self._ranks.part(batch)
        by = self._by_autograd if self._gradient is None else self._without_autograd
        loss, accuracy, state = by(batch)
        if self._ranks is not None:
            loss, accuracy = self._ranks.mean(loss, accuracy)
        set_learning_rate(self.optimizer, learning_rate)
        if self._orthogonal is not None:
            self._orthogonal.enter()
        if self.settings.weight_decay:
            self._decay(learning_rate)  # of the coordinates: those of W_hh are zero now
        if self._update is not None:
            norm: Tensor | float = self._update(clip)
        else:
            norm = clip_gradient(self.theta, clip)
            self.optimizer.step()
        if self._orthogonal is not None:
            self._orthogonal.leave()
        if self.average is not None:
            self.average.follow()
        if self.task.carries_state:
            self.carried = tuple(tuple(part.detach() for part in layer) for layer in state)
        figures = (loss, accuracy, norm)
        if self._gradient is not None and self._update is not None:
            return torch.tensor(figures)
        return torch.stack([torch.as_tensor(figure, dtype=self.theta.dtype) for figure in figures])

    def _without_autograd(self, batch: Batch) -> tuple[float, float, Carried]:
        assert self._gradient is not None
        loss, accuracy = self._gradient(batch, None if batch.fresh else self.carried, self.masks)
        return loss, accuracy, self._gradient.state() if self.task.carries_state else ()

    def _by_autograd(self, batch: Batch) -> tuple[Tensor, Tensor, Carried]:
        """Loss, accuracy and the state after a batch; the gradient of the loss is θ's from now on."""
        state = self.model.initial_state(self._batch) if batch.fresh else self.carried
        logits, state = self.model(batch.inputs, state, batch.times, self.masks)
        loss, accuracy = self.task.loss_and_accuracy(logits, batch.targets)
        with self.model.own_code:
            try:
                gather_gradients(loss, self.parameters, self.theta)
            except Unused as error:
                names = [name.removeprefix("layers.") for name, _ in self.model.named_parameters()]
                unused = ", ".join(names[k] for k in error.numbers)
                raise BrokenContract(f"must use each parameter: the loss does not depend on {unused}") from None
        return loss.detach(), accuracy, state

    def keep_before(self) -> None:
        """Keep θ as it is, on its device, for a look at what the next step does to it."""
        if self.before is None:
            self.before = self.theta.detach().clone()
        else:
            self.before.copy_(self.theta.detach())

    def tensors(self) -> dict[str, Tensor]:
        """Everything but the weights that the next step depends on, by name."""
        named = {f"optimizer.{k}": v for k, v in optimizer_tensors(self.optimizer, self.theta).items()}
        if self.average is not None:
            named |= {f"average.{k}": v for k, v in self.average.tensors().items()}
        named["generator.batches"] = self.batches.get_state()
        if self.model.dropout:
            named["generator.dropout"] = self.masks.get_state()
        if self.task.carries_state:
            named |= {f"carried.{k}.{j}": p for k, layer in enumerate(self.carried) for j, p in enumerate(layer)}
        return named

    def kept(self) -> dict[str, Tensor]:
        """The same for a checkpoint: of a network that several processes train, with the states that all carry."""
        return self.tensors() if self._ranks is None else self._ranks.whole(self)

    @property
    def processes(self) -> int:
        """How many processes train it together."""
        return 1 if self._ranks is None else self._ranks.world.size

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore what `tensors` gave; generators are left alone where it has none."""
        restore_optimizer(self.optimizer, _those_of("optimizer.", tensors))
        if self.average is not None:
            self.average.restore(_those_of("average.", tensors))
        for name, generator in (("batches", self.batches), ("dropout", self.masks)):
            if f"generator.{name}" in tensors:
                generator.set_state(tensors[f"generator.{name}"])
        if self.task.carries_state:
            self.carried = tuple(
                tuple(tensors[f"carried.{k}.{j}"].to(self.device) for j in range(cell.states))
                for k, cell in enumerate(self.model.cells)
            )

    def averaged_model(self) -> Model | None:
        """The model with the averaged weights; `None` where none are kept."""
        return None if self.average is None else with_weights(self.model, self.average.value())

    def reseed(self, step: int) -> None:
        """Start the generators anew for a step: another kind of device cannot take up their states."""
        self.batches = stream(self.device, self.settings.seed, f"batches from {step}")
        self.masks = stream(self.device, self.settings.seed, f"dropout from {step}")

    def is_finite(self) -> bool:
        """Whether every weight is a number."""
        return bool(torch.isfinite(self.theta.detach()).all())


class StateSnapshot:
    """A learner's state at the start of a stride, kept on the device, to be restored."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._theta = learner.theta.detach().clone()
        self._tensors = {k: v.clone() for k, v in learner.tensors().items()}
        self._position = learner.task.position()

    def refresh(self) -> None:
        """Keep the state as it is now."""
        self._theta.copy_(self._learner.theta.detach())
        for name, tensor in self._learner.tensors().items():
            if name in self._tensors:
                self._tensors[name].copy_(tensor)
            else:
                self._tensors[name] = tensor.clone()
        self._position = self._learner.task.position()

    def restore(self) -> None:
        """Give the learner the state that was kept."""
        self._learner.theta.detach().copy_(self._theta)
        self._learner.before = None
        self._learner.restore(self._tensors)
        self._learner.task.seek(self._position)


def _those_of(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def stream(device: torch.device | str, seed: int, purpose: str) -> torch.Generator:
    """A generator of its own for each purpose, so that one draws nothing from another."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator(device=device).manual_seed(int.from_bytes(digest[:8], "big") >> 1)
