"""A shopper as a query: every signal's side of several interests, and what close means between a shopper and a product.

Reference pairs of the kind "shopper" are drawn from the catalogue itself, as queries of words are: products of one kind
that lie close together stand for an interest, and each is paired with products drawn by hash of the ids. So they follow
from the edition alone, whoever shops here.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.domain.arrays import Codes, Mask, Rows, Scores
from core.domain.strategy import DEFAULT_WEIGHTS
from core.rank.blend import Blend, blend_for, score
from core.rank.calibrate import Calibration, Key
from core.rank.interests import Several
from core.rank.signals import AttributeSignal, ColumnSignal, Sides, Signal, VectorSignal
from core.rank.twins import coded
from core.recommend.session import Crowd, position_weights
from core.recommend.taste import Interest, Liked, Taste, as_item, weighed
from core.recommend.view import View

KIND = "shopper"
BEHAVIOUR = "behaviour"
DRAWN, EACH = 64, 1000  # interests that are drawn, and products that each is compared with
AMONG = 64  # products that the companions of a drawn interest are the closest of
SIZES = (1, 2, 3, 5)  # products that drawn interests are made of
USUAL = 256  # products that show how close the shop's products are to an interest at all
BEHIND = 0.35  # deviations that an interest stands back for each time that it is half as large as the largest


@runtime_checkable
class Learnt(Protocol):
    """A behaviour signal that can be asked about histories; see core/rank/behaviour.py."""

    @property
    def present(self) -> Mask: ...

    def of_histories(self, histories: Sequence[tuple[Rows, Scores]]) -> tuple[Any, Mask]: ...

    def exact(self, side: Any, rows: Rows) -> Any: ...


@dataclass(frozen=True, eq=False)
class Fit:
    """What a shopper is compared with products by.

    view:  the view with the reference of shoppers, and with behaviour as this shopper's column.
    sides: of this shopper.    several: the interests among them, None where nothing is known by content.
    """

    view: View
    sides: Sides
    several: Several | None

    def blend(self, weights: Mapping[str, float]) -> Blend:
        return blend_for(self.view.calibration, KIND, weights, {*self.sides.sides})

    def closest(self, rows: Rows) -> Codes:
        """[m] the number of the interest that each row is closest to."""
        return np.zeros(len(rows), dtype=np.int64) if self.several is None else self.several.closest(rows)

    def normal(self, rows: Rows, weights: Mapping[str, float]) -> Scores:
        """[m] how close products are to the shopper on the normal scale; 0 where nothing compares."""
        found = score(self.blend(weights), self.view.signals, self.sides, rows[None, :], {}).scores[0]
        return np.where(np.isfinite(found), found, 0.0)


def fit(
    view: View,
    interests: Sequence[Interest],
    weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    *,
    behaviour: Scores | None = None,
    crowd: Crowd | None = None,
) -> Fit:
    """A shopper with some interests, seen by the signals that `weights` counts.

    behaviour: [n] what was done speaks for each product; see `behaviour_column`.    crowd: who it may come from.
    """
    counts = behaviour is not None and weights.get(BEHAVIOUR, 0) > 0
    signals: dict[str, Signal] = {name: one for name, one in view.signals.items() if name != BEHAVIOUR}
    if counts and behaviour is not None:
        signals[BEHAVIOUR] = ColumnSignal(BEHAVIOUR, _known_to(view, crowd))
    calibration = reference(view, crowd if counts else None, behaves=counts)
    seen = replace(view, signals=signals, calibration=calibration)
    named: list[str] = [name for name in ("text", "image", "attributes")
             if name in signals and weights.get(name, 0) > 0 and calibration.has(KIND, name)]  # fmt: skip
    tastes = [one.taste for one in interests]
    sides, known = _sides(signals, view, tastes, named)
    several = None
    present: dict[str, Mask] = {}
    if tastes and named:
        behind = BEHIND * np.log2([interests[0].share / max(one.share, 1e-9) for one in interests])
        means = {name: calibration.mu[KIND, name] for name in named}
        several = Several(
            {name: signals[name] for name in named}, sides, known,
            {name: weights[name] / calibration.sigma[KIND, name] for name in named}, means,
            {name: calibration.sigma[KIND, name] for name in named},
            {name: _usual(signals[name], sides[name], known[name]) - means[name] for name in named},
            np.maximum(behind, 0.0),
        )  # fmt: skip
        present = {name: np.array([bool(known[name].any())]) for name in named}
    mine: dict[str, Any] = dict.fromkeys(named, several) if several is not None else {}
    if counts and behaviour is not None:
        mine[BEHAVIOUR] = behaviour[None, :]
        present[BEHAVIOUR] = np.array([True])
    return Fit(seen, Sides(KIND, np.array([-1], dtype=np.int64), mine, present), several)


def _usual(signal: Signal, sides: Any, known: Mask) -> Scores:
    """[K] the mean raw value that products of the shop (a sample of them) have with each side."""
    here = np.flatnonzero(signal.present)
    some = here[:: max(1, len(here) // USUAL)]
    out: Scores = signal.exact(sides, np.broadcast_to(some, (len(known), len(some)))).mean(axis=1)
    return out


def _sides(
    signals: Mapping[str, Signal], view: View, tastes: Sequence[Taste], named: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Mask]]:
    """Signal -> the sides of tastes, and which of them have one."""
    sides: dict[str, Any] = {}
    known: dict[str, Mask] = {}
    for name in named if tastes else ():
        signal = signals[name]
        if isinstance(signal, AttributeSignal):
            sides[name], known[name] = signal.of_items([as_item(view, taste) for taste in tastes])
        elif isinstance(signal, VectorSignal):
            nothing = np.zeros(signal.vectors.shape[1])
            sides[name] = np.stack([taste.vectors.get(name, nothing) for taste in tastes]).astype(np.float32)
            known[name] = np.array([name in taste.vectors for taste in tastes])
    return sides, known


# -- behaviour --------------------------------------------------------------------------------------------------------


def behaviour_column(
    view: View, liked: Liked, at: datetime, *, crowd: Crowd | None = None, shopper: str = ""
) -> Scores | None:
    """[n] how much what was done speaks for each product: the behaviour model, or shoppers alike where the shop has
    none, and what visits like this one went on to; None where nobody did anything of the kind.

    All are in units of their root mean square; this visit has its share of the taste.
    """
    items = [item for item in (*liked.likes, *liked.away) if item in view.catalogue]
    rows = view.catalogue.rows(items)
    weights = np.array([liked.likes.get(item, -liked.away.get(item, 0.0)) for item in items])
    ahead = weights > 0
    model = view.signals.get(BEHAVIOUR)
    whole: Scores | None = None
    if isinstance(model, Learnt):
        whole = _learnt(view, model, [(rows, weights)])[0]
    elif crowd is not None and ahead.any():
        whole = crowd.alike(rows[ahead], weights[ahead], at, shopper)
    visit = None
    now = [item for item in liked.now if item in view.catalogue]
    if crowd is not None and now:
        visit = crowd.goes_on(view.catalogue.rows(now), position_weights(len(now)), at, shopper)
    if whole is None or visit is None:
        return visit if whole is None else whole
    return (1 - liked.visit) * whole + liked.visit * visit


def _learnt(view: View, model: Learnt, histories: Sequence[tuple[Rows, Scores]]) -> list[Scores | None]:
    side, known = model.of_histories(histories)
    every = np.broadcast_to(np.arange(len(view)), (len(histories), len(view)))
    values = np.asarray(model.exact(side, every), dtype=np.float64)
    return [values[at] if known[at] else None for at in range(len(histories))]


def _known_to(view: View, crowd: Crowd | None) -> Mask:
    """[n] products that behaviour can say anything of."""
    model = view.signals.get(BEHAVIOUR)
    out = model.present.copy() if isinstance(model, Learnt) else np.zeros(len(view), dtype=bool)
    if crowd is not None:
        out[crowd.shoppers.rows] = True
    return out


# -- reference ---------------------------------------------------------------------------------------------------------

_references: weakref.WeakKeyDictionary[Calibration, dict[tuple[int, int], tuple[Any, Any, Calibration]]] = (
    weakref.WeakKeyDictionary()
)
KEPT = 4  # references of one calibration that are kept: with behaviour and without, of today and of yesterday


def reference(view: View, crowd: Crowd | None = None, *, behaves: bool = False) -> Calibration:
    """The calibration of the view with the kind "shopper"; drawn when first asked for, and kept."""
    model = view.signals.get(BEHAVIOUR) if behaves else None
    crowd = crowd if behaves and not isinstance(model, Learnt) else None  # with a model, it alone is drawn
    kept = _references.setdefault(view.calibration, {})
    key = id(model), id(crowd)
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        made = view.calibration.beside(_drawn(view, model if isinstance(model, Learnt) else None, crowd))
        kept[key] = model, crowd, made  # what the key speaks of stays alive with it
    return kept[key][2]


def _drawn(view: View, model: Learnt | None, crowd: Crowd | None) -> dict[Key, Scores]:
    """(kind, signal) -> raw values over pairs of an interest and a product, NaN where either does not have it."""
    catalogue = view.snapshot.catalogue
    signals: dict[str, Signal] = {
        name: AttributeSignal(catalogue, view.calibration.means)
        if isinstance(one, AttributeSignal) and view.catalogue is not catalogue
        else one
        for name, one in view.signals.items()
        if isinstance(one, AttributeSignal | VectorSignal)
    }
    plain = replace(view, catalogue=catalogue, signals=signals)
    ids, kinds = catalogue.ids, coded(catalogue.frame["type"].tolist())
    seed = hashlib.sha256(("shoppers\0" + "\0".join(ids)).encode("utf-8", "surrogatepass")).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    histories: list[Rows] = []
    for number in range(DRAWN if len(ids) > 1 else 0):
        anchor = int(rng.integers(len(ids)))
        others = np.flatnonzero((kinds == kinds[anchor]) & (np.arange(len(ids)) != anchor))
        some = others if len(others) <= AMONG else np.sort(rng.choice(others, AMONG, replace=False))
        size = SIZES[number % len(SIZES)]
        histories.append(np.sort(np.append(_near(signals, anchor, some)[: size - 1], anchor)).astype(np.int64))
    if not histories:
        return {}
    paired = [_paired(rng, len(ids), rows) for rows in histories]
    tastes = [weighed(plain, {ids[row]: 1 / len(rows) for row in rows.tolist()}) for rows in histories]
    sides, known = _sides(signals, plain, tastes, tuple(signals))
    raw: dict[Key, Scores] = {}
    for name, signal in signals.items():
        parts = []
        for at, rows in enumerate(paired):
            side = signal.lanes(sides[name], np.array([at]))
            fine = signal.present[rows] & known[name][at]
            parts.append(np.where(fine, signal.exact(side, rows[None, :])[0], np.nan))
        raw[KIND, name] = np.concatenate(parts)
    if model is not None or crowd is not None:
        given = [(rows, np.ones(len(rows))) for rows in histories]
        columns: list[Scores | None]
        if model is not None:
            columns = _learnt(view, model, given)
        else:
            assert crowd is not None
            ends = crowd.shoppers.ends
            end = (
                ends[-1].item().replace(tzinfo=UTC) + timedelta(seconds=1)
                if len(ends)
                else datetime(1970, 1, 1, tzinfo=UTC)
            )
            columns = [crowd.alike(rows, weights, end) for rows, weights in given]
        there = _known_to(view, crowd)
        raw[KIND, BEHAVIOUR] = np.concatenate([
            np.full(len(rows), np.nan) if column is None else np.where(there[rows], column[rows], np.nan)
            for column, rows in zip(columns, paired, strict=True)
        ])  # fmt: skip
    return raw


def _near(signals: Mapping[str, Signal], anchor: int, rows: Rows) -> Rows:
    """`rows`, the closest to `anchor` first."""
    total = np.zeros(len(rows))
    for signal in signals.values():
        if isinstance(signal, VectorSignal) and signal.present[anchor] and len(rows):
            cosine = signal.exact(signal.of_rows(np.array([anchor])), rows[None, :])[0]
            total += np.where(signal.present[rows], cosine, 0.0)
    return rows[np.lexsort((rows, -np.round(total, 9)))]


def _paired(rng: np.random.Generator, count: int, own: Rows) -> Rows:
    """Products that a drawn interest is compared with, without its own."""
    every = np.arange(count) if count <= EACH else np.sort(rng.choice(count, EACH, replace=False))
    return every[~np.isin(every, own)]
