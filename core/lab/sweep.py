"""The map of trade-offs: many settings of weights and diversity, tried on the same products, and what each gives.

Every list is one that the shop would serve with that setting, rules included (core/recommend/trials.py). Four settings
are named by stated criteria, the others stand behind them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.arrays import Matrix, Rows, Scores
from core.domain.errors import ShopError
from core.domain.query import MAX_K, Request
from core.domain.strategy import PRIOR_SIGNALS, SIGNAL_NAMES, SIGNALS, SIMILARITY_SIGNALS, Strategy, normalised
from core.lab.quick import enabled
from core.lab.together import Together
from core.rank import figures
from core.rank.signals import AttributeSignal, sides_of_rows
from core.recommend.trials import trials
from core.recommend.view import View
from core.store import files

SETTINGS = 300
ANCHORS = 200
DIVERSITIES = (0, 15, 30, 50, 75)  # on screen, 0..100; the live one takes the place of the nearest
SEED = 20260301
DRAWN = 2_000  # random settings from which those furthest apart are taken
PRIORS_MOST = 0.4  # the largest share of the weights that priors get: more of it and lists forget what they are around
LEARNT = ("behaviour", "trending")  # signals made of the visits that lists are held against: they would win by heart
ENOUGH = 30  # products whose visits must be known before behaviour is called a measure
KEPT = 8  # sweeps kept on disk
FORMAT = 1

FIGURES = ("relevance", "diversity", "novelty", "coverage", "margin")
FIGURE_NAMES = {
    "relevance": "Relevance", "diversity": "Diversity", "novelty": "Novelty", "coverage": "Coverage",
    "margin": "Margin",
}  # fmt: skip
FIGURE_MEANINGS = {
    "diversity": "How unlike each other the products of one list look and read: one minus their mean likeness.",
    "coverage": "The share of the products that could be shown that these lists do show.",
    "margin": "The mean margin of what is shown, as a share of its price.",
}
FAITHFUL, BALANCED, DISCOVERY, MARGIN = "Faithful", "Balanced", "Discovery", "Margin"
CRITERIA = {
    FAITHFUL: "The most relevant of all settings.",
    BALANCED: "Of the settings that keep 90 % of the best relevance, the one nearest to the best of relevance, "
    "diversity, novelty and coverage at once, each measured from its lowest to its highest value.",
    DISCOVERY: "Of the settings that keep 75 % of the best relevance, the one with the most diversity, novelty and "
    "coverage together.",
    MARGIN: "Of the settings that keep 85 % of the best relevance, the one with the highest margin.",
}
KEEPS = {BALANCED: 0.90, DISCOVERY: 0.75, MARGIN: 0.85}  # of the best relevance

Progress = Callable[[int, int], None]  # settings tried, of how many


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and what it gives.

    figures: name -> value, NaN where unknown; see FIGURES.
    gained, within: relevance against the live setting, and half the width of its 95 % interval, from the differences
             product by product.
    """

    strategy: Strategy
    figures: Mapping[str, float]
    gained: float = 0.0
    within: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "strategy": self.strategy.as_json(), "figures": {name: _plain(v) for name, v in self.figures.items()},
            "gained": _plain(self.gained), "within": _plain(self.within),
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Setting:
        known = {name: _number(value) for name, value in plain["figures"].items()}
        gained, within = _number(plain["gained"]), _number(plain["within"])
        return cls(Strategy.from_json(plain["strategy"]), known, gained, within)


@dataclass(frozen=True, slots=True)
class Sweep:
    """All settings of one sweep.

    settings: the live one first.
    named:    Faithful, Balanced, Discovery, Margin -> position in `settings`; one without a figure is missing.
    basis:    what relevance is agreement with: "behaviour", or "details".
    says:     in words: what relevance and novelty are here, and what they can and cannot prove.
    judged:   products of the sample for which relevance is known.
    """

    at: datetime
    k: int
    anchors: tuple[str, ...]
    settings: tuple[Setting, ...]
    named: Mapping[str, int]
    basis: str
    says: tuple[str, ...]
    judged: int

    def front(self, first: str = "relevance", second: str = "diversity") -> tuple[int, ...]:
        """Settings that no other beats in both figures, from the best of the first down: the line of the plot."""
        at = pareto(np.array([[one.figures[first], one.figures[second]] for one in self.settings]))
        return tuple(sorted(at, key=lambda i: (-self.settings[i].figures[first], i)))

    @property
    def unbeaten(self) -> tuple[int, ...]:
        """Settings that no other beats in all figures that are known."""
        known = [name for name in FIGURES if any(np.isfinite(one.figures[name]) for one in self.settings)]
        return pareto(np.array([[one.figures[name] for name in known] for one in self.settings]))

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT, "at": self.at.isoformat(), "k": self.k, "anchors": list(self.anchors),
            "settings": [one.as_json() for one in self.settings], "named": dict(self.named), "basis": self.basis,
            "says": list(self.says), "judged": self.judged, "unbeaten": list(self.unbeaten),
            "criteria": {name: CRITERIA[name] for name in self.named},
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Sweep:
        return cls(
            datetime.fromisoformat(plain["at"]), int(plain["k"]), tuple(plain["anchors"]),
            tuple(Setting.from_json(one) for one in plain["settings"]), dict(plain["named"]), str(plain["basis"]),
            tuple(plain["says"]), int(plain["judged"]),
        )  # fmt: skip


def sweep(
    view: View,
    request: Request,
    *,
    behaviour: Together | None = None,
    simulated: bool = False,
    settings: int = SETTINGS,
    anchors: int = ANCHORS,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Sweep | None:
    """Try about `settings` settings on about `anchors` products. None when `stop` said so between two settings.

    request:   k, the moment, filters; its strategy is the one that counts as live (the view's own without it).
    behaviour: visits to hold the lists against; what has learnt from them keeps its weight. See core/lab/together.py.
    simulated: whether those visits were invented, which is then said.
    """
    assert request.at is not None
    live = request.strategy or view.strategy
    rows = sample(view, request.at, anchors)
    measure = _measure(view, request, rows, behaviour, simulated)
    tried = design(view, live, settings, hold=LEARNT if measure.basis == "behaviour" else ("attributes",))
    ids = [view.catalogue.ids[row] for row in rows]
    lists: dict[int, Rows] = {}
    for done, (number, found) in enumerate(trials(view, request, ids, tried), start=1):
        lists[number] = found
        if progress is not None:
            progress(done, len(tried))
        if stop is not None and stop():
            return None
    return _settled(view, request, measure, tried, [lists[number] for number in range(len(tried))], ids)


def sample(view: View, at: datetime, count: int, seed: int = SEED) -> Rows:
    """[A] products on sale, the kinds in proportion: every so-many-th of all in order of kind and of a seeded hash."""
    live = np.flatnonzero(view.live(at))
    if len(live) <= count:
        return live
    ids = view.catalogue.ids

    def mark(row: int) -> bytes:
        return hashlib.sha256(f"{seed}|{ids[row]}".encode("utf-8", "surrogatepass")).digest()

    ordered = sorted(live.tolist(), key=lambda row: (int(view.identity.kind[row]), mark(row)))
    chosen = [ordered[int((place + 0.5) * len(ordered) / count)] for place in range(count)]
    return np.array(sorted(chosen), dtype=np.int64)


def design(
    view: View, live: Strategy, count: int = SETTINGS, *, hold: Collection[str] = (), seed: int = SEED
) -> list[Strategy]:
    """About `count` strategies, the live one first: sets of weights, each with every diversity.

    The sets are the live one, each similarity signal alone and all of them equally, and then those of many random ones
    that lie furthest from all before (in the weights, L2). Half of the random ones give up to `PRIORS_MOST` to priors.
    hold: signals that keep the weight they have live.
    """
    sides, priors = _usable(view)
    free = [name for name in sides if name not in hold]
    names = (*sides, *priors)
    own = normalised(live.weights)
    start = {name: own.get(name, 0.0) for name in names}
    held = {name: start[name] for name in hold if name in names}
    room = 1.0 - sum(held.values())
    diversities = _diversities(live)
    wanted = max(1, count // len(diversities))
    first: list[Scores] = [_vector(names, start)] if sum(start.values()) > 0 else []
    if free and room > 0:
        for some in ([[name] for name in free], [free]):
            first += [_vector(names, {**held, **{name: room / len(one) for name in one}}) for one in some]
        pool = _random(names, free, [name for name in priors if name not in hold], held, room, seed)
        points = _furthest(first, pool, wanted)
    else:
        points = first[:1]
    sets = [_in_hundredths(names, point) for point in points]
    if first and sum(start.values()) > 0:
        sets[0] = dict(live.weights)  # to the letter
    out = [
        live.changed(name=f"Setting {number}", weights=weights, lam=1.0 - diversity / 100.0, note="")
        for number, (weights, diversity) in enumerate(
            ((weights, diversity) for weights in sets for diversity in diversities), start=1
        )
    ]
    mine = min(range(len(diversities)), key=lambda at: abs(1.0 - diversities[at] / 100.0 - live.lam))
    return [live, *(one for at, one in enumerate(out) if at != mine)]


def pareto(values: Matrix) -> tuple[int, ...]:
    """The rows of `values` [S, m] (higher is better) that no other row beats: as good in all, better in one.

    NaN is the worst there is. Equal rows all stay.

    >>> pareto(np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.4, 0.4]]))
    (0, 1, 2)
    """
    known = np.where(np.isnan(values), -np.inf, values)
    as_good = (known[:, None, :] >= known[None, :, :]).all(axis=2)
    better = (known[:, None, :] > known[None, :, :]).any(axis=2)
    return tuple(np.flatnonzero(~(as_good & better).any(axis=0)).tolist())


def name_four(table: Mapping[str, Scores]) -> dict[str, int]:
    """The four named settings, by CRITERIA; none stands twice. table: figure -> [S]."""
    relevance = table["relevance"]
    out: dict[str, int] = {}
    if not np.isfinite(relevance).any():
        return out
    best = float(np.nanmax(relevance))
    spread = {name: _scaled(values) for name, values in table.items()}
    wide = ("diversity", "novelty", "coverage")
    ideal = -np.sqrt(sum(((1.0 - spread[name]) ** 2 for name in ("relevance", *wide)), np.zeros(len(relevance))))
    goals = {
        FAITHFUL: relevance, BALANCED: ideal, DISCOVERY: sum((spread[name] for name in wide), np.zeros(len(relevance))),
        MARGIN: table["margin"],
    }  # fmt: skip
    for name, goal in goals.items():
        fits = np.isfinite(goal) & (relevance >= KEEPS.get(name, -np.inf) * best) & np.isfinite(relevance)
        fits[list(out.values())] = False
        if fits.any():
            order = np.lexsort((np.arange(len(goal)), -np.round(relevance, 9), -np.round(goal, 9)))
            out[name] = int(next(at for at in order if fits[at]))
    return out


# -- what is measured --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Measure:
    """How relevance is measured: [A, n] gains of every product as an answer to every anchor.

    judged: [A] anchors for which anything is known.    graded: NDCG over the gains, or else their plain mean.
    """

    basis: str
    says: tuple[str, ...]
    gains: Matrix
    judged: Rows
    graded: bool
    popularity: Scores | None

    def relevance(self, lists: Rows) -> Scores:
        """[A] relevance of each list, NaN where nothing is known of its anchor."""
        here = np.where(lists >= 0, np.take_along_axis(self.gains, np.maximum(lists, 0), axis=1), 0.0)
        if self.graded:
            k = min(lists.shape[1], self._best.shape[1])
            whole = (self._best[:, :k] * figures.discounts(k)).sum(axis=1)
            got = (here * figures.discounts(lists.shape[1])).sum(axis=1)
        else:
            whole, got = (lists >= 0).sum(axis=1).astype(np.float64), here.sum(axis=1)
        fine = (whole > 0) & np.isin(np.arange(len(lists)), self.judged)
        out = np.full(len(lists), np.nan)
        out[fine] = got[fine] / whole[fine]
        return out

    @cached_property
    def _best(self) -> Matrix:
        """[A, most] the largest gains of each anchor, from the largest down: the best list there could be."""
        most = min(MAX_K, self.gains.shape[1])
        out: Matrix = -np.sort(-self.gains, axis=1)[:, :most]
        return out


_LUCK = (
    "The best of so many settings looks a little better than it is; a difference from the live one that is smaller "
    "than its interval may be chance."
)


def _measure(view: View, request: Request, rows: Rows, behaviour: Together | None, simulated: bool) -> _Measure:
    assert request.at is not None
    if behaviour is not None:
        gains = behaviour.gains(rows)
        gains[:, ~view.live(request.at)] = 0.0
        for lane, row in enumerate(rows.tolist()):
            gains[lane, view.family_of(row)] = 0.0
            gains[lane, ~view.guard(view.catalogue.at_row(row).audience)] = 0.0
        judged = np.flatnonzero(gains.any(axis=1))
        if len(judged) >= min(ENOUGH, len(rows)) and len(judged):
            says = [
                f"Relevance is agreement with what shoppers did. For {len(judged)} of {len(rows)} products it says how "
                "well the list foretells what visits to the product also looked at, saved or bought; what a visit "
                "reached through this very list is left out, and no setting has learnt from these visits.",
                "It shows which settings agree with past visits. Shoppers could only choose among what the shop showed "
                "them then, so it cannot prove that a setting sells more: a test on the live site can.",
                _LUCK,
                "Novelty says how seldom visits looked at what is shown, in bits.",
            ]
            if simulated:
                says.append("These visits are simulated.")
            return _Measure("behaviour", tuple(says), gains, judged, True, behaviour.popularity)
    signal = view.signals["attributes"]
    assert isinstance(signal, AttributeSignal)
    sides = sides_of_rows({"attributes": signal}, rows)
    gains = signal.scan(sides.sides["attributes"]).astype(np.float64)
    gains[:, ~signal.present] = 0.0
    judged = np.flatnonzero(signal.present[rows])
    says = [
        "Relevance is agreement in details (category, colour, material, price and the like) between a product and its "
        "list, because there are too few visits to go by. The weight of Details is the live one in all settings, so "
        "that none is measured by what it is made of.",
        "It shows which settings stay close to what is known of a product. It does not prove that shoppers agree, and "
        "it cannot see likeness that no detail names.",
        _LUCK,
        "Novelty says how seldom the live lists show what is shown, in bits.",
    ]
    return _Measure("details", tuple(says), gains, judged, False, None)


def _settled(
    view: View, request: Request, measure: _Measure, tried: Sequence[Strategy], lists: Sequence[Rows], ids: list[str]
) -> Sweep:
    assert request.at is not None
    n = len(view)
    seen = measure.popularity
    if seen is None:
        seen = np.bincount(lists[0][lists[0] >= 0], minlength=n).astype(np.float64)
    bits = -np.log2((seen + 1.0) / (seen.sum() + n))
    margin = figures.margins(view.catalogue)
    places = max(1, min(int(view.live(request.at).sum()), len(ids) * request.k))
    relevance = np.stack([measure.relevance(found) for found in lists])
    table = {
        "relevance": _mean_of(relevance),
        "diversity": np.array([_known_mean(figures.diversity(found, view.signals)) for found in lists]),
        "novelty": np.array([figures.mean_shown(bits, found) for found in lists]),
        "coverage": np.array([len(np.unique(found[found >= 0])) / places for found in lists]),
        "margin": np.array([figures.mean_shown(margin, found) for found in lists]),
    }
    gained, within = _against(relevance)
    named = name_four(table)
    called = {at: name for name, at in named.items()}
    settings = tuple(
        Setting(
            replace(one, name=called[at], note=CRITERIA[called[at]]) if at in called and at else one,
            {name: float(table[name][at]) for name in FIGURES},
            float(gained[at]),
            float(within[at]),
        )
        for at, one in enumerate(tried)
    )
    return Sweep(
        request.at, request.k, tuple(ids), settings, named, measure.basis, measure.says, len(measure.judged)
    )  # fmt: skip


def _against(relevance: Matrix) -> tuple[Scores, Scores]:
    """[S] mean gain on the first setting and half the width of its 95 % interval; paired, product by product."""
    apart = relevance - relevance[:1]
    count = np.isfinite(apart).sum(axis=1)
    deviation = np.array([_deviation(row[np.isfinite(row)]) for row in apart])
    return _mean_of(apart), 1.96 * deviation / np.sqrt(np.maximum(count, 1))


def _deviation(values: Scores) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _mean_of(values: Matrix) -> Scores:
    return np.array([_known_mean(row) for row in values], dtype=np.float64)


def _known_mean(values: Scores) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _scaled(values: Scores) -> Scores:
    """Values from their lowest, 0, to their highest, 1; unknown or all equal counts 0."""
    known = values[np.isfinite(values)]
    if not len(known) or known.max() - known.min() < 1e-12:
        return np.zeros(len(values))
    scaled: Scores = np.nan_to_num((values - known.min()) / (known.max() - known.min()), nan=0.0)
    return scaled


# -- the settings that are tried ---------------------------------------------------------------------------------------


def _usable(view: View) -> tuple[list[str], list[str]]:
    """Similarity signals and priors that can tell products of this edition apart."""
    names = enabled(view)
    return [name for name in names if name in SIMILARITY_SIGNALS], [name for name in names if name in PRIOR_SIGNALS]


def _diversities(live: Strategy) -> list[float]:
    """The diversities that are tried, the live one in place of the nearest."""
    mine = 100.0 * (1.0 - live.lam)
    nearest = min(DIVERSITIES, key=lambda one: (abs(one - mine), one))
    return sorted(float(one) if one != nearest else mine for one in DIVERSITIES)


def _vector(names: Sequence[str], weights: Mapping[str, float]) -> Scores:
    return np.array([weights.get(name, 0.0) for name in names])


def _in_hundredths(names: Sequence[str], point: Scores) -> dict[str, float]:
    """A point as weights that a person can set."""
    rounded = zip(names, np.round(point, 2).tolist(), strict=True)
    return {name: value for name, value in rounded if value > 0}


def _random(
    names: Sequence[str],
    free: Sequence[str],
    priors: Sequence[str],
    held: Mapping[str, float],
    room: float,
    seed: int,
) -> Matrix:
    """[DRAWN, m] random weights: even over the simplex of the free signals, half of them with a share for priors."""
    rng = np.random.default_rng(seed)
    out = np.zeros((DRAWN, len(names)))
    share = rng.random(DRAWN) * PRIORS_MOST * room * (rng.random(DRAWN) < 0.5) * bool(priors)
    among = rng.dirichlet(np.ones(len(free)), DRAWN) * (room - share)[:, None]
    for column, name in enumerate(free):
        out[:, names.index(name)] = among[:, column]
    if priors:
        split = rng.dirichlet(np.full(len(priors), 0.5), DRAWN) * share[:, None]
        for column, name in enumerate(priors):
            out[:, names.index(name)] = split[:, column]
    for name, weight in held.items():
        out[:, names.index(name)] = weight
    return out


def _furthest(first: Sequence[Scores], pool: Matrix, count: int) -> list[Scores]:
    """`count` points: the first ones, then one after the other the point of the pool furthest from all before."""
    out: list[Scores] = []
    for point in first:
        if len(out) < count and all(np.abs(point - other).max() > 1e-9 for other in out):
            out.append(point)
    nearest = np.min([np.linalg.norm(pool - point, axis=1) for point in out], axis=0)
    while len(out) < count and nearest.max() > 1e-9:
        at = int(np.argmax(nearest))
        out.append(pool[at])
        nearest = np.minimum(nearest, np.linalg.norm(pool - pool[at], axis=1))
    return out


def told(strategy: Strategy) -> str:
    """A setting in words, such as "Words 50, Picture 50, Diversity 30"."""
    shares = normalised(strategy.weights)
    parts = [f"{SIGNAL_NAMES[name]} {100 * shares[name]:.0f}" for name in SIGNALS if shares.get(name)]
    return ", ".join([*parts, f"Diversity {100 * (1 - strategy.lam):.0f}"])


# -- kept beside the data ----------------------------------------------------------------------------------------------


def key_of(view: View, request: Request, behaviour: Together | None, settings: int, anchors: int) -> str:
    """What a sweep depends on, as a name for its file."""
    assert request.at is not None
    versions = view.versions
    plain = {
        "format": FORMAT, "snapshot": versions.snapshot, "calibration": versions.calibration, "facts": versions.facts,
        "rules": versions.rules, "live": (request.strategy or view.strategy).as_json(), "k": request.k,
        "filters": request.filters.as_json(), "exclude": sorted(request.exclude), "locale": request.locale,
        "day": request.at.date().isoformat(), "settings": settings, "anchors": anchors, "seed": SEED,
        "on_sale": hashlib.sha256(view.live(request.at).tobytes()).hexdigest(),
        "behaviour": None if behaviour is None else behaviour.fingerprint,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:24]


def kept(folder: Path, key: str) -> Sweep | None:
    """The sweep that was kept under `key`; None where there is none, or none that can be read any more."""
    try:
        plain = files.read_json(folder / f"{key}.json")
        return Sweep.from_json(plain) if plain.get("format") == FORMAT else None
    except (FileNotFoundError, ShopError, ValueError, KeyError, TypeError, AttributeError):
        return None  # a result that can be computed again is not worth an error


def keep(folder: Path, key: str, found: Sweep) -> None:
    """Keep a sweep, and the last few before it."""
    files.make_folder(folder)
    files.write_json(folder / f"{key}.json", found.as_json())
    by_age = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[KEPT:]:
        old.unlink(missing_ok=True)


def _plain(value: float) -> float | None:
    return round(value, 9) + 0.0 if np.isfinite(value) else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
