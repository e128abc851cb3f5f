"""Several single-threaded processes on one batch.

On a busy machine two threads wait for each other inside every layer and burn twice the time; two processes meet once a
step, to average their gradients.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Tensor = Any  # torch is imported where it is used


class Alone:
    """A team of one."""

    rank, size = 0, 1

    def average(self, tensors: Sequence[Tensor]) -> None:
        return None

    def any(self, wish: bool) -> bool:
        return wish

    def leave(self) -> None:
        return None


class Team(Alone):
    """One of several processes that meet over gloo at a file in the work folder."""

    def __init__(self, meeting: Path, rank: int, size: int) -> None:
        import torch.distributed as dist

        self.rank, self.size, self._meeting = rank, size, meeting
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Each tensor becomes its mean over the team, in place; one exchange for all of them."""
        import torch
        import torch.distributed as dist

        with torch.no_grad():
            flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
            dist.all_reduce(flat)
            flat /= self.size
            for tensor, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
                tensor.copy_(mean.view_as(tensor))

    def any(self, wish: bool) -> bool:
        """Whether anybody in the team wishes so."""
        import torch
        import torch.distributed as dist

        wishes = torch.tensor([float(wish)])
        dist.all_reduce(wishes)
        return bool(wishes.item() > 0)

    def leave(self) -> None:
        import torch.distributed as dist

        dist.destroy_process_group()
        if self.rank == 0:
            self._meeting.unlink(missing_ok=True)


def call(args: Sequence[str], work: Path, size: int) -> tuple[Alone, list[subprocess.Popen[bytes]]]:
    """Start the other members with the same arguments and meet them. The caller is rank 0."""
    if size == 1:
        return Alone(), []
    meeting = work / f"meeting-{uuid.uuid4().hex[:8]}"
    command = [sys.executable, "-m", "core.embed.tower.train", *args, "--meeting", str(meeting), "--rank"]
    others = [subprocess.Popen([*command, str(rank)]) for rank in range(1, size)]
    return Team(meeting, 0, size), others
