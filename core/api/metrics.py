"""What GET /metrics tells an operator: how long answers take, how many of which kind, and what serves.

In Prometheus' text format, from a registry of our own. No label ever holds what somebody sent: routes are those there
are, placements are those there are, and no figure is kept by shopper, product or key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from core import shop
from core.domain.errors import ShopError
from core.domain.placements import Placement

CONTENT_TYPE = CONTENT_TYPE_LATEST
NO_ROUTE = "none"  # the route of a path that there is not
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_LATENCY = Histogram(
    "vitrine_request_seconds", "Time until the last byte of an answer was sent.", ["route", "placement"],
    buckets=SECONDS, registry=REGISTRY,
)  # fmt: skip
_ANSWERS = Counter("vitrine_answers", "Answers by route and status.", ["route", "status"], registry=REGISTRY)
_ERRORS = Counter("vitrine_errors", "Answers that were errors, by their code.", ["code"], registry=REGISTRY)
_CACHE = Counter("vitrine_cache", "Lists by what the cache had of them.", ["outcome"], registry=REGISTRY)
_EVENTS = Counter("vitrine_events", "Posted events by what came of them.", ["outcome"], registry=REGISTRY)

# hit: from the cache. miss: computed. wait: somebody else was computing it. bypass: never cached.
# away: computed, because the cache did not answer.
CacheOutcome = Literal["hit", "miss", "wait", "bypass", "away"]


def cache(outcome: CacheOutcome) -> None:
    """Count one list by what the cache had of it."""
    _CACHE.labels(outcome).inc()


def events(*, new: int, repeated: int, not_followed: int, refused: int) -> None:
    """Count posted events by what came of them."""
    told = {"new": new, "repeated": repeated, "not_followed": not_followed, "refused": refused}
    for outcome, count in told.items():
        _EVENTS.labels(outcome).inc(count)


def answered(route: str | None, placement: str | None, status: int, seconds: float) -> None:
    """Count one answer. route: the path as it stands in the schema; None where there is no such path."""
    place = placement if placement in list(Placement) else ""
    _LATENCY.labels(route or NO_ROUTE, place).observe(seconds)
    _ANSWERS.labels(route or NO_ROUTE, str(status)).inc()


def error(code: str) -> None:
    """Count one error by its stable code."""
    _ERRORS.labels(code).inc()


def text() -> bytes:
    """All figures, as they are now."""
    return generate_latest(REGISTRY)


class _Serving(Collector):
    """What serves, read when it is asked for."""

    def describe(self) -> list[Metric]:
        return []  # known without looking: nothing is read before the first question

    def collect(self) -> Iterator[Metric]:
        edition = GaugeMetricFamily("vitrine_snapshot_info", "What serves.", labels=["snapshot", "calibration"])
        versions = GaugeMetricFamily("vitrine_version", "Versions that hold now.", labels=["of"])
        items = GaugeMetricFamily("vitrine_products", "Products in the edition that serves.")
        try:
            told = shop.current().health()
        except ShopError:  # no edition yet, or the database is away: the other figures are told all the same
            return
        edition.add_metric([str(told["snapshot"]), str(told["calibration"])], 1)
        for of in ("facts", "rules"):
            if isinstance(told.get(of), int):
                versions.add_metric([of], told[of])
        items.add_metric([], told["items"])
        yield from (edition, versions, items)


REGISTRY.register(_Serving())
