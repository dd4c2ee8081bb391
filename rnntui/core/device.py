"""Devices: which one `--device` names, what it is called, and what makes its arithmetic repeatable."""

import ctypes
import os
import platform
from functools import cache

import torch

MOST_FROM_HEAP, NEVER = 32 << 20, (1 << 31) - 1  # bytes, the most that glibc takes for each


def resolve(name: str) -> torch.device:
    """The device of that name; `auto` takes CUDA, then MPS, then CPU. Raises `ValueError` for one that is absent."""
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"--device {name!r} is unknown: there are auto, cuda, cuda:1, mps, cpu") from None
    if device.type == "cuda" and not (has_cuda and (device.index or 0) < torch.cuda.device_count()):
        raise ValueError(f"--device {name}: {_cuda_absent(device)}; --device auto takes what is available")
    if device.type == "mps" and not has_mps:
        raise ValueError("--device mps: this machine has none; --device auto takes what is available")
    if device.type not in ("cuda", "mps", "cpu"):
        raise ValueError(f"--device {name!r} is not one that rnntui can train on: there are auto, cuda, mps, cpu")
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def describe(device: torch.device) -> str:
    """The device and its model, for people and for `config.json`."""
    if device.type == "cuda":
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"{device.type} {platform.processor() or platform.machine()}"


def memory_taken(device: torch.device) -> int:
    """Bytes of the device's own memory that this process holds; 0 on a CPU, whose memory is the machine's."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device)
    return torch.mps.driver_allocated_memory() if device.type == "mps" else 0


def prepare(device: torch.device, threads: int) -> None:
    """Make this thread's arithmetic repeatable: thread count, tiny numbers as zero, deterministic CUDA kernels; and let
    the process keep what memory a step frees.

    Subnormal numbers, which vanishing gradients are full of, cost a CPU some hundred cycles each. Products on CUDA are
    whole float32 ones: TF32, which torch lets cuDNN use by itself, keeps 10 bits of the mantissa, and a kernel is to
    agree with the loop to 1e-5.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    _keep_freed_memory()
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False


@cache
def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next step instead of giving it back to the system, which then clears every
    page of it anew: 6 % of the time of a step through autograd. Elsewhere the allocator stays as it is.
    """
    if platform.libc_ver()[0] == "glibc":
        change = ctypes.CDLL(None).mallopt
        M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
        change(M_TRIM_THRESHOLD, NEVER)
        change(M_MMAP_THRESHOLD, MOST_FROM_HEAP)


def _cuda_absent(device: torch.device) -> str:
    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA"
    if not torch.cuda.is_available():
        return "no CUDA device can be used here"
    return f"there are {torch.cuda.device_count()} CUDA devices, from cuda:0"
