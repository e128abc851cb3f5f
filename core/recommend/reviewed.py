"""How well products are reviewed, as a prior: mean ratings drawn towards the shop's, as an edition keeps them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.domain.arrays import AnyArray, Scores
from core.domain.catalogue import Catalogue
from core.domain.reviews import shrunk_mean

NAME = "reviews"  # of the signal
ARRAY = "reviews_mean"  # of what an edition keeps


def learn(ratings: Mapping[str, tuple[float, int]], catalogue: Catalogue) -> dict[str, AnyArray]:
    """[n] the mean rating of each product, shrunk; NaN without reviews. Empty where no product has any.

    ratings: item -> (mean, reviews).
    """
    known = {item: told for item, told in ratings.items() if item in catalogue and told[1] > 0}
    if not known:
        return {}
    total = sum(count for _, count in known.values())
    shop = sum(mean * count for mean, count in known.values()) / total
    out = np.full(len(catalogue), np.nan)
    for item, (mean, count) in known.items():
        out[catalogue.row(item)] = shrunk_mean(mean, count, shop)
    return {ARRAY: out}


def means(arrays: Mapping[str, AnyArray], items: int) -> Scores | None:
    """[n] what `learn` gave; None where there is none, or where it is not of so many items."""
    found = arrays.get(ARRAY)
    return None if found is None or len(found) != items else np.asarray(found, dtype=np.float64)


def moved(arrays: Mapping[str, AnyArray], before: Catalogue, after: Catalogue) -> dict[str, AnyArray]:
    """The same for another catalogue: of products that are new nothing is known yet."""
    found = means(arrays, len(before))
    if found is None:
        return {}
    out = np.full(len(after), np.nan)
    for row, item in enumerate(before.ids):
        if item in after:
            out[after.row(item)] = found[row]
    return {ARRAY: out}
