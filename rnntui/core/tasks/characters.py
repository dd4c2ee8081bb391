"""The characters of a corpus in a few bytes each, on the device or on disk: what is asked for becomes int64."""

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

LET_GO = 512  # places read until the pages of the file that were touched are let go: some 32 MB
_TYPES: dict[int, Any] = {1: np.uint8, 2: np.uint16}


class Packed:
    """A part of a corpus in integers as narrow as they may be, that is indexed as an int64 tensor of them is."""

    def __init__(self, tokens: Tensor) -> None:
        self.tokens = tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, positions: Tensor) -> Tensor:
        """The characters at these positions, of any shape, int64 on the device."""
        return self.tokens[positions].long()


def narrowest(vocabulary: int) -> torch.dtype:
    """The narrowest integers that tell so many characters apart, of those that every device can index."""
    if vocabulary <= 1 << 8:
        return torch.uint8
    return torch.int16 if vocabulary <= 1 << 15 else torch.int32


class Mapped:
    """A part of a file of tokens, from character `begin` to `end`, that is indexed as a tensor of them is.

    What it takes of the memory does not grow with what was read of it. `width` is in bytes,
    `vocabulary` the number of characters that there are.
    """

    def __init__(self, path: Path, width: int, begin: int, end: int, device: torch.device, vocabulary: int) -> None:
        self._file, self._path, self._vocabulary = open(path, "rb"), path, vocabulary  # noqa: SIM115
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._tokens = np.frombuffer(self._map, dtype=_TYPES[width])[begin:end]
        self._device = device
        self._read = 0

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, positions: Tensor) -> Tensor:
        """The characters at these positions, of any shape, int64 on the device.

        Raises `ValueError` where the file was cut since it was opened, or holds what is no character.
        """
        if os.fstat(self._file.fileno()).st_size < len(self._map):  # what is mapped and gone would end the process
            raise self._damaged()
        indices = torch.from_numpy(self._tokens[positions.cpu().numpy()].astype(np.int64))
        if indices.numel() and int(indices.max()) >= self._vocabulary:
            raise self._damaged()
        self._read += positions.numel() // max(1, len(positions))
        if self._read >= LET_GO:
            self._let_go()
        return indices.to(self._device)

    def _damaged(self) -> ValueError:
        return ValueError(f"the token file {str(self._path)!r} is damaged: delete it, and it is rebuilt")

    def _let_go(self) -> None:
        self._read = 0
        with suppress(AttributeError, OSError):  # a system without it keeps or drops pages as it sees fit
            self._map.madvise(mmap.MADV_DONTNEED)
