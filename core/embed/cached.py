"""Encode only what is missing, chunk by chunk, so that a killed build goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from core.domain.arrays import Mask, Vectors

CHUNK = 512

Find = Callable[[Sequence[str]], tuple[Mask, Vectors]]
Add = Callable[[Sequence[str], Vectors], None]
Progress = Callable[[int, int, float, float], None]


def encode_with_cache(
    find: Find,
    add: Add,
    hashes: Sequence[str],
    encode: Callable[[list[int]], Vectors],
    chunk: int = CHUNK,
    progress: Progress | None = None,
    *,
    dim: int,
    lengths: Sequence[int] | None = None,
) -> Vectors:
    """The vectors of `hashes` [n, dim], from the cache where they are, else encoded and put there.

    find:     hashes -> (mask [m] of what is there, vectors [m, dim] with anything in the other rows).
    add:      puts vectors into the cache; called once a chunk, so that no more than a chunk is ever lost.
    hashes:   names of the contents; "" has nothing to encode and keeps a zero row.
    encode:   positions in `hashes` -> their vectors [p, dim]. Each distinct content is asked for once. A zero row
              means that there was nothing to read; it is kept too, so that it is not tried at every build.
    lengths:  [n] how long each content is; equal lengths share a chunk, because a batch costs what its longest does.
    progress: called with (done, total, items a second, seconds left) before the first chunk and after each.
    """
    vectors = np.zeros((len(hashes), dim), dtype=np.float32)
    first: dict[str, int] = {}
    for position, name in enumerate(hashes):
        if name:
            first.setdefault(name, position)
    names = list(first)
    there, known = find(names) if names else (np.zeros(0, dtype=bool), np.zeros((0, dim), dtype=np.float32))
    by_name: dict[str, Vectors] = {name: known[at] for at, name in enumerate(names) if there[at]}
    missing = [first[name] for name in names if name not in by_name]
    if lengths is not None:
        # The content breaks ties, so that batches do not depend on the order of rows.
        missing.sort(key=lambda position: (lengths[position], hashes[position]))

    started = time.perf_counter()
    if progress is not None:
        progress(0, len(missing), 0.0, 0.0)
    for start in range(0, len(missing), chunk):
        positions = missing[start : start + chunk]
        fresh = np.asarray(encode(positions), dtype=np.float32)
        if fresh.shape != (len(positions), dim):
            raise ValueError(f"the encoder returned {fresh.shape} for {len(positions)} contents of {dim} numbers")
        chunk_names = [hashes[position] for position in positions]
        add(chunk_names, fresh)
        by_name.update(zip(chunk_names, fresh, strict=True))
        if progress is not None:
            done = start + len(positions)
            rate = done / max(time.perf_counter() - started, 1e-9)
            progress(done, len(missing), rate, (len(missing) - done) / rate)
    for position, name in enumerate(hashes):
        if name:
            vectors[position] = by_name[name]
    return vectors
