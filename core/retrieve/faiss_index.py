"""The index of production: FAISS, flat up to 50,000 rows, 8-bit above; exact in both."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors
from core.retrieve.exact import ExactIndex, scan
from core.retrieve.protocol import (
    DECIMALS,
    exact_scores,
    in_order,
    longest,
    rounding,
    stacked,
)

FLAT_UP_TO = 50_000
FEW = 0.25  # below this share of allowed rows, scanning them is quicker than testing every row of the index
MANY = 8  # from so many queries on, one matrix product over float32 rows beats FAISS (1.6 against 10.7 ms a query)
HEADROOM = 32  # rows fetched beyond k at first
WIDEST = 0.1  # once this share of the index had to be fetched, a scan is cheaper than another round


class FaissIndex(ExactIndex):
    """Inner products through FAISS; survivors are scored again in float64.

    What FAISS leaves out is known to score below the last row it brought, give or take the error of its arithmetic
    (float32 rounding, and for the 8-bit quantiser the longest difference between a vector and its code). As long as
    that bound does not prove that the k best are among the rows brought, more are brought. So both forms answer
    exactly as `ExactIndex` does.
    """

    def __init__(self, vectors: Vectors, *, flat_up_to: int = FLAT_UP_TO) -> None:
        import faiss

        super().__init__(vectors)
        self._faiss: Any = faiss
        count, dim = self._vectors.shape
        self.quantised = count > flat_up_to
        self._blur = 0.0
        self._index: Any = None
        if dim == 0:
            return  # FAISS refuses vectors without dimensions; all products are 0 and the scan says so
        if not self.quantised:
            self._index = faiss.IndexFlatIP(dim)
            self._index.add(self._vectors)
            if count:  # one copy of the vectors is enough: FAISS's own
                self._vectors = faiss.rev_swig_ptr(self._index.get_xb(), count * dim).reshape(count, dim)
            return
        self._index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        self._index.train(self._vectors)
        self._index.add(self._vectors)
        for start in range(0, count, 8192):
            codes = self._index.reconstruct_n(start, min(8192, count - start))
            self._blur = max(self._blur, longest(self._vectors[start : start + 8192] - codes))

    def _best(self, queries: Vectors, found: int, allowed: Mask | None) -> tuple[Rows, Scores]:
        rows = None if allowed is None else np.flatnonzero(allowed)
        few = rows is not None and rows.shape[0] <= FEW * self.count
        if self._index is None or few or (queries.shape[0] >= MANY and not self.quantised):
            return scan(self._vectors, queries, found, rows, self._longest)
        return stacked(self._proven(queries, found, allowed, rows))

    def _proven(self, queries: Vectors, k: int, allowed: Mask | None, rows: Rows | None) -> list[tuple[Rows, Scores]]:
        """The k best for each query, each proven complete by the bound that the class describes."""
        total = self.count if rows is None else int(rows.shape[0])
        answers: dict[int, tuple[Rows, Scores]] = {}
        waiting = list(range(queries.shape[0]))
        depth = min(total, k + HEADROOM)
        while waiting:
            rough, brought = self._bring(queries[waiting], depth, allowed if total < self.count else None)
            for place, near, far in zip(list(waiting), brought, rough, strict=True):
                query, real = queries[place], near >= 0  # FAISS pads with -1 when it finds fewer
                best, scores = in_order(near[real], exact_scores(query, self._vectors, near[real]), k)
                error = rounding(query, self._longest + self._blur) + self._blur * float(np.linalg.norm(query))
                if depth >= total or float(far[-1]) + error < round(float(scores[-1]), DECIMALS):
                    answers[place] = best, scores
            waiting = [place for place in waiting if place not in answers]
            if waiting and depth > WIDEST * total:
                far_rows, far_scores = scan(self._vectors, queries[waiting], k, rows, self._longest)
                answers.update(zip(waiting, zip(far_rows, far_scores, strict=True), strict=True))
                waiting = []
            depth = min(total, depth * 4)
        return [answers[place] for place in range(queries.shape[0])]

    def _bring(self, queries: Vectors, depth: int, allowed: Mask | None) -> tuple[AnyArray, AnyArray]:
        """FAISS's own first `depth` among the allowed rows: float32 scores and rows, both [B, depth]."""
        if allowed is None:
            scores, rows = self._index.search(queries, depth)
            return scores, rows
        selector = self._faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        scores, rows = self._index.search(queries, depth, params=self._faiss.SearchParameters(sel=selector))
        return scores, rows
