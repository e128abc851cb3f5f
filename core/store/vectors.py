"""A cache of vectors by content hash: the truth about what was encoded.

A shard is `NAME.npy` with `NAME.json` beside it, in a folder for each model. The JSON is written last and makes the
shard count, so a kill leaves at most an .npy that nobody reads. Shards are never changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from core.domain.arrays import Mask, Vectors
from core.domain.errors import Damaged
from core.store import files

SMALL = 4 << 20  # bytes; smaller shards are read, as daily builds leave many and mappings are limited


@dataclass(frozen=True, slots=True, eq=False)
class _Shard:
    name: str
    hashes: tuple[str, ...]
    vectors: Vectors  # [len(hashes), d]


class _Model:
    """What is known of one model's vectors in this process."""

    def __init__(self) -> None:
        self.seen: set[str] = set()  # shards that were opened, or found damaged
        self.where: dict[str, tuple[_Shard, int]] = {}
        self.dim = 0

    def take(self, shard: _Shard) -> None:
        """Where two shards hold one hash, the lower name counts, in whichever order they are met."""
        for row, content in enumerate(shard.hashes):
            known = self.where.get(content)
            if known is None or shard.name < known[0].name:
                self.where[content] = (shard, row)
        self.dim = self.dim or int(shard.vectors.shape[1])


class VectorCache:
    """Vectors by (model, content hash), in `folder`. Safe to kill anywhere, for several threads and processes.

    findings: sentences about shards that were damaged when they were opened; their vectors count as missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self._models: dict[str, _Model] = {}
        self._lock = Lock()

    def find(self, model_key: str, hashes: Sequence[str]) -> tuple[Mask, Vectors]:
        """Which of `hashes` [n] the cache holds, and their vectors [n, d], zero where missing.

        d is 0 as long as nothing was ever added for the model. Shards that other processes wrote are seen.
        """
        with self._lock:
            model = self._fresh(model_key)
            found = np.zeros(len(hashes), dtype=bool)
            vectors = np.zeros((len(hashes), model.dim), dtype=np.float32)
            rows: dict[str, tuple[_Shard, list[int], list[int]]] = {}
            for place, content in enumerate(hashes):
                known = model.where.get(content)
                if known is not None:
                    shard, row = known
                    _, places, sources = rows.setdefault(shard.name, (shard, [], []))
                    places.append(place)
                    sources.append(row)
            for shard, places, sources in rows.values():
                vectors[places] = shard.vectors[sources]
                found[places] = True
            return found, vectors

    def add(self, model_key: str, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep `vectors` [n, d], one for each of `hashes` [n]; hashes that are known keep the vector they have.

        When this returns the vectors are on disk. Raises ValueError for shapes that disagree or values that are not
        finite, StorageFailed when the disk does not take them.
        """
        given = np.asarray(vectors, dtype=np.float32)
        if given.ndim != 2 or given.shape[0] != len(hashes):
            raise ValueError(f"{len(hashes)} hashes and vectors {given.shape} do not belong together")
        if not np.isfinite(given).all():
            raise ValueError("a vector holds numbers that are not finite")
        with self._lock:
            model = self._fresh(model_key)
            if model.dim and given.shape[1] != model.dim:
                raise ValueError(f"vectors of {model_key!r} have {model.dim} numbers, not {given.shape[1]}")
            new = {content: row for row, content in enumerate(hashes) if content not in model.where}
            if new:
                self._write(model_key, tuple(new), np.ascontiguousarray(given[list(new.values())]))
                self._fresh(model_key)

    def check(self) -> list[str]:
        """A sentence for each shard, of any model, that is damaged."""
        found = []
        for path in sorted(self.folder.glob("*/*.json")):
            try:
                _open(path)
            except Damaged as error:
                found.append(error.message)
        return found

    def _write(self, model_key: str, hashes: tuple[str, ...], vectors: Vectors) -> None:
        folder = self.folder / model_folder(model_key)
        content = hashlib.sha256(_canonical([model_key, hashes]) + vectors.tobytes()).hexdigest()
        path = folder / f"{content[:16]}.npy"
        with files.replacing(path) as file:
            files.write_array(file, vectors)
        shard = {"model": model_key, "dim": vectors.shape[1], "hashes": hashes, "sha256": files.sha256(path)}
        files.write_json(path.with_suffix(".json"), {**shard, "seal": _seal(shard)})
        self._models[model_key].seen.discard(f"{path.stem}.json")  # it may have been there before, damaged

    def _fresh(self, model_key: str) -> _Model:
        """The model's vectors, with the shards that came since the last look."""
        model = self._models.get(model_key)
        folder = self.folder / model_folder(model_key)
        if model is None:
            files.sweep(folder)
            model = self._models[model_key] = _Model()
        for path in sorted(_shards(folder)):
            if path.name in model.seen:
                continue
            model.seen.add(path.name)
            try:
                shard = _open(path)
                if model.dim and shard.vectors.shape[1] != model.dim:
                    raise Damaged(f"{path} holds vectors of another length than the other shards of {model_key!r}.")
            except Damaged as error:
                self.findings.append(error.message)
            else:
                model.take(shard)
        return model


def model_folder(model_key: str) -> str:
    """A folder name for a model: readable, and different for different keys."""
    words = re.sub(r"[^A-Za-z0-9.-]+", "-", model_key).strip("-.")[:40]
    return f"{words}-{hashlib.sha256(model_key.encode()).hexdigest()[:12]}"


def _shards(folder: Path) -> Iterable[Path]:
    return (path for path in folder.glob("*.json") if not path.name.startswith("."))


def _open(path: Path) -> _Shard:
    """One shard, once both its checksums are right. Raises Damaged."""
    plain: dict[str, Any] = files.read_json(path)
    try:
        seal = plain.pop("seal")
        hashes = tuple(plain["hashes"])
        expected = plain["sha256"]
    except (AttributeError, KeyError, TypeError):
        raise Damaged(f"{path} is damaged: it does not say what it holds. Its vectors will be encoded again.") from None
    array = path.with_suffix(".npy")
    if seal != _seal(plain):
        raise Damaged(f"{path} is damaged: its checksum differs. Its vectors will be encoded again.")
    try:
        if files.sha256(array) != expected:
            raise Damaged(f"{array} is damaged: its checksum differs. Its vectors will be encoded again.")
        vectors = files.read_array(array)
    except (FileNotFoundError, ValueError):
        raise Damaged(f"{array} is missing or no array. Its vectors will be encoded again.") from None
    if vectors.dtype != np.float32 or vectors.shape != (len(hashes), plain["dim"]):
        raise Damaged(f"{array} does not hold what {path.name} says. Its vectors will be encoded again.")
    if vectors.nbytes < SMALL:
        vectors = np.array(vectors)
    return _Shard(path.stem, hashes, vectors)


def _seal(plain: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(plain)).hexdigest()


def _canonical(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
