"""The indexes a shop can choose from."""

from __future__ import annotations

from collections.abc import Callable

from core.domain.arrays import Vectors
from core.domain.errors import BadRequest
from core.retrieve.exact import ExactIndex
from core.retrieve.protocol import VectorIndex


def _faiss(vectors: Vectors) -> VectorIndex:
    from core.retrieve.faiss_index import FaissIndex  # here, so that the app starts without faiss

    return FaissIndex(vectors)


INDEXES: dict[str, Callable[[Vectors], VectorIndex]] = {"exact": ExactIndex, "faiss": _faiss}


def build_index(kind: str, vectors: Vectors) -> VectorIndex:
    """An index of `kind` over `vectors` [n, d]. Raises BadRequest for a kind that does not exist."""
    if kind not in INDEXES:
        raise BadRequest(f"There is no index called {kind!r}. Use {' or '.join(sorted(INDEXES))}.")
    return INDEXES[kind](vectors)
