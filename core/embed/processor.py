"""What the processor can do, and how many numbers a second that is worth."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


@cache
def has_bf16(cpuinfo: str = "/proc/cpuinfo") -> bool:
    """Whether matrix products in bfloat16 are done by the processor itself, where it pays threefold.

    VITRINE_DTYPE=float32 or bfloat16 overrides what is found. Where the flags cannot be read the answer is no.
    """
    if chosen := os.environ.get("VITRINE_DTYPE"):
        return chosen == "bfloat16"
    try:
        lines = Path(cpuinfo).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return not BF16_FLAGS.isdisjoint(flags)
