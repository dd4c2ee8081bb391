"""Does a plain PyTorch script, with the report's settings, leave chance? `python bench/report_lstm.py 12 --seeds 2`.

`nn.LSTM` and `torch.optim.RMSprop` on scalar palindromes, nothing of rnntui: what its own LSTM is held against where
runs of the sweep `lengths` stay at chance. Prints the step at which the mean of 100 batches reaches 0.98.
"""

import argparse
from collections import deque

import torch
from plain import Network
from torch import nn
from torch.nn.functional import cross_entropy


def main(length: int, seed: int, steps: int, std: float) -> tuple[int | None, float]:
    """The step at which it is solved, and the smoothed accuracy at the end; `std` is that of the initial weights."""
    torch.manual_seed(seed)
    model = Network(nn.LSTM(1, 128), 128, 10)
    for name, parameter in model.named_parameters():
        nn.init.zeros_(parameter) if "bias" in name else nn.init.normal_(parameter, 0.0, std)
    model.recurrent.bias_hh_l0.requires_grad_(False)  # one bias a gate, as in the equations
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.RMSprop(trained, lr=0.001)
    recent: deque[float] = deque(maxlen=100)
    for step in range(1, steps + 1):
        half = torch.randint(0, 10, ((length + 2) // 2, 128))
        digits = torch.cat([half, half[: (length + 1) // 2].flip(0)])
        optimizer.zero_grad()
        logits = model(digits[:-1].float().unsqueeze(-1))[-1]
        cross_entropy(logits, digits[-1]).backward()
        nn.utils.clip_grad_norm_(trained, 10.0)
        optimizer.step()
        recent.append((logits.argmax(-1) == digits[-1]).float().mean().item())
        if len(recent) == 100 and sum(recent) >= 98:
            return step, sum(recent) / 100
    return None, sum(recent) / len(recent)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("length", type=int)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--std", type=float, default=1e-4, help="standard deviation of the initial weights")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(asked.seeds):
        solved_at, accuracy = main(asked.length, seed, asked.steps, asked.std)
        print(f"length {asked.length}, seed {seed}: solved at {solved_at}, accuracy {accuracy:.3f}", flush=True)
