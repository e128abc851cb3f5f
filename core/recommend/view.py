"""A view of the shop: one snapshot, its calibration, the facts of the hour, the strategy and rules in force.

A list is a function of a request and a view, and of nothing else. Views are immutable; when facts, a strategy or rules
change, a new one is opened that shares all that did not change.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Rows, Scores, Vectors
from core.domain.blends import ByCategory
from core.domain.catalogue import ALLOWED_AUDIENCES, AUDIENCES, Catalogue
from core.domain.listing import Versions
from core.domain.query import Request
from core.domain.rules import NOTHING, Curation
from core.domain.strategy import Strategy
from core.rank.agreement import FIELD_WEIGHTS
from core.rank.baskets import Baskets
from core.rank.behaviour import Behaviour, BehaviourSignal
from core.rank.blend import Blend
from core.rank.calibrate import PRIOR, Calibration, priors
from core.rank.candidates import ColumnCache
from core.rank.diversify import price_bands
from core.rank.shortlist import ShortlistCache
from core.rank.signals import AttributeSignal, ColumnSignal, Signal, VectorSignal
from core.rank.twins import Identity, identity
from core.recommend import reviewed
from core.recommend.trend import Daily

# The fields that the attribute signal and de-duplication read; a change of any other field leaves both as they are.
_SEEN_BY_SIGNALS = frozenset((*FIELD_WEIGHTS, "type", "brand", "family_id"))

T = TypeVar("T")
CurationFor = Callable[[str | None, Request], Curation]  # anchor's id (None for words) and request -> rules on its list


@runtime_checkable
class RulesOver(Protocol):
    """Rules that are compiled over the view whose lists they bear on."""

    def on(self, view: View) -> CurationFor: ...


@runtime_checkable
class Dated(Protocol):
    """Rules that tell when they change by themselves."""

    @property
    def moments(self) -> AnyArray: ...


class SnapshotLike(Protocol):
    """What a view needs of a snapshot: vectors and present by signal, "text" and perhaps "image"."""

    @property
    def id(self) -> str: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def vectors(self) -> Mapping[str, Vectors]: ...
    @property
    def present(self) -> Mapping[str, Mask]: ...


@dataclass(frozen=True, eq=False)
class Edition:
    """A snapshot held in memory."""

    id: str
    catalogue: Catalogue
    vectors: Mapping[str, Vectors]
    present: Mapping[str, Mask]
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)


class of_catalogue(Generic[T]):
    """A property of a view that follows from its catalogue alone, worked out once for that.

    A list for a shopper is made over a view of its own, which shares the catalogue with all others.
    """

    def __init__(self, make: Callable[[View], T]) -> None:
        self._make, self.__doc__ = make, make.__doc__
        self._made: weakref.WeakKeyDictionary[Catalogue, T] = weakref.WeakKeyDictionary()

    def __get__(self, view: View, owner: type | None = None) -> T:
        made = self._made.get(view.catalogue)
        if made is None:  # two who ask at once both work it out; it is the same
            made = self._made[view.catalogue] = self._make(view)
        return made


@dataclass(frozen=True, eq=False)
class View:
    """Everything that a list depends on besides its request.

    catalogue: the effective one, with the overlay of facts.
    signals:   the similarity signals by name.
    encoders:  signal -> name of the encoder its vectors come from, None where the shop has none.
    spaces:    signal -> key of that encoder: vectors of other keys may not be compared with the shop's.
    rules:     the published rules as plain values; `curation` says what they mean for one list.
    by_category: strategies that hold in place of `strategy` around the products of some categories.
    trend:     [n] what shoppers want lately, where a list asks for it; calibrated as the prior "trending".
    daily:     what they did day by day as this edition knows it, which stands in for `trend`; None where nothing is.
    """

    snapshot: SnapshotLike
    catalogue: Catalogue
    calibration: Calibration
    signals: Mapping[str, Signal]
    identity: Identity
    strategy: Strategy
    versions: Versions
    curation: CurationFor
    encoders: Mapping[str, str | None] = field(default_factory=dict)
    rules: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    columns: ColumnCache = field(default_factory=ColumnCache)
    shortlists: ShortlistCache = field(default_factory=ShortlistCache)
    spaces: Mapping[str, str] = field(default_factory=dict)
    by_category: ByCategory = field(default_factory=ByCategory)
    trend: Scores | None = None
    daily: Daily | None = None
    _live: dict[datetime, Mask] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.catalogue)

    def with_strategy(self, strategy: Strategy, version: int, by_category: ByCategory | None = None) -> View:
        """The same shop under another published strategy, and with `by_category` under others for categories."""
        kept = self.by_category if by_category is None else by_category
        return replace(self, strategy=strategy, by_category=kept, versions=replace(self.versions, strategy=version))

    def strategy_for(self, row: int) -> Strategy:
        """The strategy of the list around the product in `row`: its category's, else the placement's."""
        found = self.by_category.of(self.catalogue.column("category")[row]) if self.by_category else None
        return found or self.strategy

    @cached_property
    def strategies(self) -> tuple[tuple[Strategy, ...], Codes]:
        """All strategies that hold, the placement's first, and [n] which of them holds around each product."""
        known = list(self.by_category.paths.values())
        codes: dict[tuple[str, ...], int] = {}
        for path in map(tuple, self.catalogue.column("category")):
            if path not in codes:
                found = self.by_category.of(path)
                codes[path] = 0 if found is None else 1 + next(at for at, one in enumerate(known) if one is found)
        each = np.array([codes[tuple(path)] for path in self.catalogue.column("category")], dtype=np.int32)
        return (self.strategy, *known), each

    def with_rules(self, rules: Sequence[Mapping[str, Any]], version: int, curation: CurationFor | RulesOver) -> View:
        """The same shop under other rules."""
        bound = curation.on(self) if isinstance(curation, RulesOver) else curation
        return replace(self, rules=tuple(rules), curation=bound, versions=replace(self.versions, rules=version))

    def with_facts(self, facts: Mapping[str, Mapping[str, Any]], version: int) -> View:
        """The same shop with another overlay of facts."""
        return open_view(
            self.snapshot, self.calibration, facts=facts, facts_version=version, strategy=self.strategy,
            strategy_version=self.versions.strategy, rules=self.rules, rules_version=self.versions.rules,
            curation=self.curation, encoders=self.encoders, spaces=self.spaces, by_category=self.by_category,
            reuse=self,
        )  # fmt: skip

    @of_catalogue
    def pieces(self) -> Scores:
        """[n] pieces left, NaN where unknown."""
        return np.asarray(self.catalogue.pieces(), dtype=np.float64)

    @of_catalogue
    def bands(self) -> Codes:
        """[n] price band of each item, -1 where the price is unknown."""
        return price_bands(np.asarray(self.catalogue.money("price"), dtype=np.float64))

    @of_catalogue
    def audience(self) -> Codes:
        """[n] place in AUDIENCES, -1 for unknown."""
        place = {name: code for code, name in enumerate(AUDIENCES)}
        return np.array([place.get(a, -1) for a in self.catalogue.frame["audience"].tolist()], dtype=np.int32)

    def guard(self, audience: str | None) -> Mask:
        """[n] items that may stand in the list of somebody shopping for `audience`."""
        return self._guards[audience if audience in AUDIENCES else None]

    @of_catalogue
    def _guards(self) -> dict[str | None, Mask]:
        out = {}
        for anchor, others in ALLOWED_AUDIENCES.items():
            codes = [AUDIENCES.index(a) if a in AUDIENCES else -1 for a in others]
            out[anchor] = np.isin(self.audience, codes)
        return out

    def live(self, at: datetime) -> Mask:
        """[n] items that can be bought at `at`: their dates allow it, and stock is left or unknown."""
        mask = self._live.get(at)
        if mask is None:
            mask = self.dates_allow(at) & (self.pieces != 0)
            if len(self._live) > 8:
                self._live.clear()
            self._live[at] = mask
        return mask.copy()

    def dates_allow(self, at: datetime) -> Mask:
        """[n] items whose dates let them be shown at `at`."""
        moment = np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "us")
        release, embargo, retired = self._dates
        # A missing date compares as false with everything.
        out: Mask = ~((release > moment) | (embargo > moment) | (retired <= moment))
        return out

    @cached_property
    def moments(self) -> AnyArray:
        """[m] datetime64[us], ascending: when dates of products or of rules change what may be shown, whoever asks."""
        dates = [*self._dates, *([self.curation.moments] if isinstance(self.curation, Dated) else [])]
        every = np.concatenate(dates)
        return np.unique(every[~np.isnat(every)])

    def span(self, at: datetime) -> int:
        """Which span between two of `moments` holds `at`: within one, no date changes what may be shown."""
        moment = np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "us")
        return int(np.searchsorted(self.moments, moment, side="right"))

    @of_catalogue
    def _dates(self) -> tuple[AnyArray, AnyArray, AnyArray]:
        frame = self.catalogue.frame
        names = ("release_at", "embargo_until", "retired_at")
        release, embargo, retired = (frame[name].to_numpy(dtype="datetime64[us]") for name in names)
        return release, embargo, retired

    def family_of(self, row: int) -> Rows:
        """The rows of an item's style, itself included."""
        code = int(self.identity.family[row])
        if code < 0:
            return np.array([row], dtype=np.int64)
        order, codes = self._families
        low, high = np.searchsorted(codes, [code, code + 1])
        return order[low:high]

    @cached_property
    def _families(self) -> tuple[Rows, Codes]:
        order = np.argsort(self.identity.family, kind="stable")
        return order, self.identity.family[order]

    def priors(self, blend: Blend, at: datetime) -> dict[str, Scores]:
        """Prior -> [n] squashed z at `at`, 0 where missing; those that the blend weighs."""
        if not blend.priors:
            return {}
        found = {prior.name: prior.values for prior in priors(self.catalogue, self.pieces, at)}
        if "trending" in blend.priors:
            trend = self.trend_at(at)
            found["trending"] = np.full(len(self), np.nan) if trend is None else trend
        if reviewed.NAME in blend.priors:
            means = reviewed.means(_arrays(self.snapshot), len(self))
            found[reviewed.NAME] = np.full(len(self), np.nan) if means is None else means
        return {name: np.nan_to_num(self.calibration.z(PRIOR, name, found[name]), nan=0.0) for name in blend.priors}

    @cached_property
    def baskets(self) -> Baskets | None:
        """What is bought together, as this edition knows it."""
        return Baskets.from_arrays(_arrays(self.snapshot), len(self))

    def trend_at(self, at: datetime) -> Scores | None:
        """[n] what shoppers want lately; None where nothing is known of them by then."""
        if self.trend is not None or self.daily is None:
            return self.trend
        return self.daily.trend(self.identity.kind, at)


def open_view(
    snapshot: SnapshotLike,
    calibration: Calibration,
    *,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    facts_version: int = 0,
    strategy: Strategy | None = None,
    strategy_version: int = 0,
    rules: Sequence[Mapping[str, Any]] = (),
    rules_version: int = 0,
    curation: CurationFor | Curation | RulesOver = NOTHING,
    encoders: Mapping[str, str | None] | None = None,
    spaces: Mapping[str, str] | None = None,
    by_category: ByCategory | None = None,
    reuse: View | None = None,
) -> View:
    """A view of `snapshot` under `calibration` with an overlay of facts (item -> field -> value).

    reuse: an earlier view; what still holds of it is shared, so that a change of stock or weights costs little.
    """
    overlay = {item: dict(fields) for item, fields in (facts or {}).items()}
    same_snapshot = reuse is not None and reuse.snapshot is snapshot
    if reuse is not None and same_snapshot and reuse.facts == overlay:
        catalogue = reuse.catalogue
    else:
        catalogue = snapshot.catalogue.with_changes(overlay)
    if (
        reuse is not None
        and same_snapshot
        and reuse.calibration.id == calibration.id
        and _seen(reuse.facts) == _seen(overlay)
    ):
        signals, alike, columns, kept = reuse.signals, reuse.identity, reuse.columns, reuse.shortlists
    else:
        signals = _signals(snapshot, catalogue, calibration, reuse if same_snapshot else None)
        text, image = signals.get("text"), signals.get("image")
        alike = identity(
            catalogue,
            text if isinstance(text, VectorSignal) else None,
            image if isinstance(image, VectorSignal) else None,
        )
        columns, kept = ColumnCache(), ShortlistCache()
    if reuse is not None and same_snapshot:
        daily = reuse.daily
    else:
        daily = Daily.from_arrays(_arrays(snapshot), len(snapshot.catalogue))
    view = View(
        snapshot, catalogue, calibration, signals, alike, strategy or Strategy(),
        Versions(snapshot.id, calibration.id, facts_version, rules_version, strategy_version),
        lambda anchor, request: NOTHING, dict(encoders or {}), tuple(rules), overlay, columns, kept,
    )  # fmt: skip
    view = replace(view, daily=daily) if daily is not None else view
    view = replace(view, spaces=dict(spaces)) if spaces else view
    view = replace(view, by_category=by_category) if by_category else view
    if isinstance(curation, Curation):
        return replace(view, curation=lambda anchor, request: curation)
    return replace(view, curation=curation.on(view) if isinstance(curation, RulesOver) else curation)


def _signals(
    snapshot: SnapshotLike, catalogue: Catalogue, calibration: Calibration, reuse: View | None
) -> dict[str, Signal]:
    out: dict[str, Signal] = {}
    for name, vectors in snapshot.vectors.items():
        if reuse is not None and name in reuse.signals:
            out[name] = reuse.signals[name]
            continue
        given = np.asarray(snapshot.present[name], dtype=bool)
        sound = np.isfinite(vectors).all(axis=1) if len(vectors) else given
        out[name] = VectorSignal(name, vectors, given & sound)
    out["attributes"] = AttributeSignal(catalogue, calibration.means)
    out["words"] = ColumnSignal("words", np.ones(len(catalogue), dtype=bool))
    if reuse is not None and isinstance(known := reuse.signals.get("behaviour"), BehaviourSignal):
        out["behaviour"] = known
    elif (model := Behaviour.from_arrays(_arrays(snapshot), len(catalogue))) is not None:
        out["behaviour"] = BehaviourSignal(model)
    return out


def _arrays(snapshot: SnapshotLike) -> Mapping[str, AnyArray]:
    """What else a snapshot keeps, such as what shoppers do; nothing where it is made by hand."""
    found: Mapping[str, AnyArray] = getattr(snapshot, "arrays", {})
    return found


def _seen(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The part of an overlay that signals and de-duplication read."""
    seen = {
        item: {name: value for name, value in fields.items() if name in _SEEN_BY_SIGNALS}
        for item, fields in facts.items()
    }
    return {item: fields for item, fields in seen.items() if fields}
