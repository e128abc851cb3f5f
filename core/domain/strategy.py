"""A strategy: how the signals are weighed, and how varied a list is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from core.domain.errors import BadRequest
from core.domain.steer import Steer

SIMILARITY_SIGNALS = ("text", "image", "attributes", "behaviour", "words")
PRIOR_SIGNALS = ("trending", "newness", "margin", "stock_depth", "reviews")
SIGNALS = (*SIMILARITY_SIGNALS, *PRIOR_SIGNALS)

# What a person reads on the pages. `words` is BM25, which only a search has.
SIGNAL_NAMES = {
    "text": "Words",
    "image": "Picture",
    "attributes": "Details",
    "behaviour": "Behaviour",
    "words": "Exact words",
    "trending": "Trend",
    "newness": "Newness",
    "margin": "Margin",
    "stock_depth": "Stock depth",
    "reviews": "Reviews",
}


MAX_WEIGHT = 1_000_000
DEFAULT_WEIGHTS = {"text": 0.35, "image": 0.35, "attributes": 0.30}
SEARCH_WEIGHTS = {"text": 0.4, "words": 0.4, "image": 0.2}


@dataclass(frozen=True, slots=True)
class Strategy:
    """Weights over signals and the shape of a list.

    weights:   signal -> weight >= 0; only their ratios count; 0 means the signal is not computed.
    lam:       1.0 is relevance alone, 0.0 is variety alone. On screen: Diversity = 100 * (1 - lam).
    brand_cap: at most this many of ten from one brand, where the pool holds three brands or more; None is no cap.
    band_cap:  at most this many of ten from one price band; None is no cap.
    steer:     examples that lists are drawn towards and away from; None without any.
    """

    name: str = "House blend"
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    lam: float = 0.7
    brand_cap: int | None = 4
    band_cap: int | None = None
    note: str = ""
    steer: Steer | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", MappingProxyType(dict(checked_weights(self.weights))))
        if not (isinstance(self.lam, int | float) and 0.0 <= self.lam <= 1.0):
            raise BadRequest(f"lam is {self.lam}; it must lie between 0 (variety alone) and 1 (relevance alone).")
        for cap in (self.brand_cap, self.band_cap):
            if cap is not None and cap < 1:
                raise BadRequest(f"A cap of {cap} of ten would leave nothing. Use 1 to 10, or no cap.")
        if not self.steer:
            object.__setattr__(self, "steer", None)

    def changed(self, **changes: Any) -> Strategy:
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "weights": dict(self.weights), "lam": self.lam,
            "brand_cap": self.brand_cap, "band_cap": self.band_cap, "note": self.note,
            **({"steer": self.steer.as_json()} if self.steer else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Strategy:
        given = {name: plain[name] for name in cls.__dataclass_fields__ if name in plain}
        if given.get("steer") is not None:
            given["steer"] = Steer.from_json(given["steer"])
        return cls(**given)


def own_unless_published(strategy: Strategy, own: Strategy) -> Strategy:
    """The shop's strategy for a placement that has one of its `own`.

    The one that every placement starts with is none, and its weights are those of lists around a product.
    """
    if strategy == Strategy():
        return own
    return strategy.changed(weights=own.weights) if dict(strategy.weights) == DEFAULT_WEIGHTS else strategy


def checked_weights(weights: Mapping[str, float]) -> Mapping[str, float]:
    """`weights` as given, once they make sense. Raises BadRequest when they do not."""
    for name, weight in weights.items():
        if name not in SIGNALS:
            raise BadRequest(f"There is no signal called {name!r}. The signals are {', '.join(SIGNALS)}.")
        if not isinstance(weight, int | float) or not 0 <= weight <= MAX_WEIGHT:
            raise BadRequest(f"The weight of {name} is {weight}; a weight is a number from 0 to {MAX_WEIGHT:,}.")
    return weights


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights that sum to 1, without the zeros, in the order of `SIGNALS`.

    Rounded to 12 places, so that w and 10 w give the same numbers.
    Raises BadRequest when nothing is left.
    """
    checked_weights(weights)
    total = math.fsum(weights.values())
    if total <= 0:
        raise BadRequest("All weights are 0, so nothing can be ranked. Give at least one signal a weight.")
    return {name: round(weights[name] / total, 12) for name in SIGNALS if weights.get(name, 0) > 0}
