"""Learning from a record of events, at build: what shoppers do together, buy in one basket, and want lately.

The record is a table with the columns shopper, item, kind and at (UTC), and perhaps session and quantity. All that is
learnt follows from the acts and from the catalogue, not from the moment of learning: ages count from the last act, so
the same record makes the same edition tonight and tomorrow.

How much a shopper acted on a product is told by the strongest act, sqrt(strength / 4): a purchase counts 1, a look .5.
What was bought and came back counts as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores, Vectors
from core.domain.catalogue import Catalogue
from core.domain.events import STRENGTH
from core.rank import baskets, behaviour
from core.rank.behaviour import Behaviour, BehaviourSignal
from core.rank.twins import coded
from core.recommend import trend
from core.recommend.record import days_of, rows_of, strengths_of
from core.recommend.trend import Daily

COLUMNS = ("shopper", "session", "item", "kind", "at", "quantity")
STRONGEST = max(STRENGTH.values())
MOST_IN_A_BASKET = 200  # whoever buys more than that at once buys for a shop of their own
WANTING = ("cart", "save", "purchase")  # acts of who wants a product
TOGETHER = "together"  # kind of query: what is bought with a product
SAID = "shoppers"  # under which an edition says what it learnt


def learn(
    events: Any, catalogue: Catalogue, vectors: Mapping[str, Vectors], present: Mapping[str, Mask]
) -> dict[str, AnyArray]:
    """What an edition keeps of a record of events, as arrays by name; empty where the record says nothing.

    vectors, present: signal -> unit vectors [n, d] and which products have them, by which new products are known.
    """
    if events is None or not len(events):
        return {}
    out: dict[str, AnyArray] = {}
    content = _content(vectors, present)
    model = behaviour.train(interactions(events, catalogue), content=content)
    if model is not None:
        out |= model.to_arrays()
    bought = baskets.train(
        *basket_rows(events, catalogue), len(catalogue), wanted=wanted_rows(events, catalogue), content=content,
        kinds=coded(catalogue.frame["type"].tolist()),
    )  # fmt: skip
    if bought is not None:
        out |= bought.to_arrays()
    days = trend.daily(events, catalogue)
    if days is not None:
        out |= days.to_arrays()
    return out


def signals(arrays: Mapping[str, AnyArray], items: int) -> dict[str, BehaviourSignal]:
    """Kind of query -> the signal of what shoppers do; kinds of which nothing was learnt are missing."""
    out = {}
    if (model := Behaviour.from_arrays(arrays, items)) is not None:
        out["item"] = BehaviourSignal(model)
    if (bought := baskets.Baskets.from_arrays(arrays, items)) is not None:
        out[TOGETHER] = BehaviourSignal(bought.model)
    return out


def trending_of(arrays: Mapping[str, AnyArray], kinds: Any) -> Scores | None:
    """[n] the trend on the last day of the record; None without one. kinds: [n] code of each product's kind."""
    days = Daily.from_arrays(arrays, len(kinds))
    if days is None or not len(days.days):
        return None
    return days.trend_on(int(days.days[-1]), kinds)


def basis(arrays: Mapping[str, AnyArray]) -> list[str]:
    """What was learnt, in names: with more or other of them the signals are calibrated anew."""
    found = []
    if behaviour.PREFIX + "ease" in arrays:
        found.append("ease" if bool(arrays[behaviour.PREFIX + "ease"][0]) else "knn")
    found += [name for name, prefix in (("baskets", baskets.PREFIX), ("trend", trend.PREFIX))
              if any(one.startswith(prefix) for one in arrays)]  # fmt: skip
    return found


def said(arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """What was learnt, in numbers for people; nothing where that is nothing."""
    plain: dict[str, Any] = {}
    if behaviour.PREFIX + "acts" in arrays:
        plain["model"] = basis(arrays)[0]
        plain["products"] = int((arrays[behaviour.PREFIX + "acts"] > 0).sum())
        plain["products_taken_after_others"] = int(
            (arrays[behaviour.PREFIX + "present"] & (arrays[behaviour.PREFIX + "acts"] < behaviour.FEW)).sum()
        )
    if baskets.PREFIX + "count" in arrays:
        plain["baskets"] = int(arrays[baskets.PREFIX + "count"][0])
    if trend.PREFIX + "days" in arrays and len(arrays[trend.PREFIX + "days"]):
        plain["until"] = str(np.datetime64(int(arrays[trend.PREFIX + "days"][-1]), "D"))
    return {SAID: plain} if plain else {}


def moved(
    arrays: Mapping[str, AnyArray],
    before: Catalogue,
    after: Catalogue,
    fresh: Mask | None = None,
    vectors: Mapping[str, Vectors] | None = None,
    present: Mapping[str, Mask] | None = None,
) -> dict[str, AnyArray]:
    """What an edition of the catalogue `before` keeps, for `after`: products that are gone take what was learnt of them
    along. Those that are `fresh` [n] take after what reads and looks like them, by `vectors` and `present`; without
    these, nothing is known of them yet."""
    if not basis(arrays):
        return {}
    to = np.array([after.row(item) if item in after else -1 for item in before.ids], dtype=np.int64)
    out: dict[str, AnyArray] = {}
    for prefix in (behaviour.PREFIX, baskets.PREFIX):
        if prefix + "indptr" in arrays:
            out |= _moved_pairs(arrays, prefix, to, len(after))
    if trend.PREFIX + "rows" in arrays:
        stays = to[arrays[trend.PREFIX + "rows"]] >= 0
        out |= {
            trend.PREFIX + name: arrays[trend.PREFIX + name][stays] for name in ("days", "strength", "acts", "sold")
        }
        rows = to[arrays[trend.PREFIX + "rows"][stays]].astype(np.int32)
        order = np.lexsort((rows, out[trend.PREFIX + "days"]))
        out = {name: one[order] if name.startswith(trend.PREFIX) else one for name, one in out.items()}
        out |= {trend.PREFIX + "rows": rows[order], trend.PREFIX + "items": np.array([len(after)], dtype=np.int64)}
    if fresh is None or not fresh.any() or not vectors or not present:
        return out
    content, new = _content(vectors, present), np.flatnonzero(fresh)
    if (model := Behaviour.from_arrays(out, len(after))) is not None:
        out |= behaviour.taken_in(model, new, content).to_arrays()
    if (bought := baskets.Baskets.from_arrays(out, len(after))) is not None:
        out |= baskets.taken_in(bought, new, content, coded(after.frame["type"].tolist())).to_arrays()
    return out


def _content(vectors: Mapping[str, Vectors], present: Mapping[str, Mask]) -> list[tuple[Vectors, Mask]]:
    return [(vectors[name], np.asarray(present[name], dtype=bool)) for name in sorted(vectors)]


def _moved_pairs(arrays: Mapping[str, AnyArray], prefix: str, to: Rows, items: int) -> dict[str, AnyArray]:
    """The arrays of a table of pairs by row, with old row r at `to[r]`, or gone where that is -1."""
    indptr, indices = arrays[prefix + "indptr"], arrays[prefix + "indices"]
    rows, columns = to[np.repeat(np.arange(len(to)), np.diff(indptr))], to[indices]
    stays = (rows >= 0) & (columns >= 0)
    order = np.flatnonzero(stays)[np.lexsort((columns[stays], rows[stays]))]
    counts = np.bincount(rows[order], minlength=items)
    out: dict[str, AnyArray] = dict(arrays_with(arrays, prefix))
    out[prefix + "indptr"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    out[prefix + "indices"] = columns[order].astype(np.int32)
    for name in ("values", "both", "how"):
        if prefix + name in arrays:
            out[prefix + name] = arrays[prefix + name][order]
    for name in ("acts", "present"):
        known = arrays[prefix + name]
        wide = np.zeros(items, dtype=known.dtype)
        wide[to[to >= 0]] = known[to >= 0]
        out[prefix + name] = wide
    return out


def arrays_with(arrays: Mapping[str, AnyArray], prefix: str) -> dict[str, AnyArray]:
    """Those whose name begins with `prefix`."""
    return {name: one for name, one in arrays.items() if name.startswith(prefix)}


# -- the record --------------------------------------------------------------------------------------------------------


def interactions(events: Any, catalogue: Catalogue) -> Any:
    """[shoppers, n] sparse: how much each shopper acted on each product, 0 to 1. Whoever is not named is left out."""
    from scipy import sparse

    items, rows = len(catalogue), rows_of(events, catalogue)
    strength = strengths_of(events, STRENGTH)
    named = events["shopper"].notna().to_numpy()
    fine = (rows >= 0) & named & (strength != 0)
    if not fine.any():
        return sparse.csr_matrix((0, items))
    shoppers = _codes(events["shopper"], fine)
    keys = shoppers * items + rows[fine]
    pairs, at = np.unique(keys, return_inverse=True)
    most, back = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=bool)
    np.maximum.at(most, at.ravel(), strength[fine])
    np.logical_or.at(back, at.ravel(), strength[fine] < 0)
    value = np.where(back, 0.0, np.sqrt(most / STRONGEST))
    out = sparse.csr_matrix((value, (pairs // items, pairs % items)), shape=(int(shoppers.max()) + 1, items))
    out.eliminate_zeros()
    return out


def basket_rows(events: Any, catalogue: Catalogue) -> tuple[Rows, Rows]:
    """[m] basket and row of each product bought: what one shopper bought in one visit, or on one day where visits are
    not known. Each product counts once in a basket; baskets that are too large are left out."""
    rows = rows_of(events, catalogue)
    bought = (events["kind"].astype(object).to_numpy() == "purchase") & (rows >= 0)
    days = days_of(events)
    whole = np.zeros(len(rows), dtype=np.int64)
    visit = np.full(len(rows), -1, dtype=np.int64)
    if "session" in events:
        given = events["session"].notna().to_numpy()
        visit[given] = _codes(events["session"], given)
    named = events["shopper"].notna().to_numpy()
    whole[named] = 1 + _codes(events["shopper"], named)
    fine = bought & (named | (visit >= 0))
    if not fine.any():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    day = np.where(visit >= 0, -1, days)
    keys = np.stack([whole[fine], visit[fine], day[fine]], axis=1)
    _, basket = np.unique(keys, axis=0, return_inverse=True)
    pairs = np.unique(np.stack([basket.ravel(), rows[fine]], axis=1), axis=0)
    size = np.bincount(pairs[:, 0])
    pairs = pairs[size[pairs[:, 0]] <= MOST_IN_A_BASKET]
    return pairs[:, 0], pairs[:, 1]


def wanted_rows(events: Any, catalogue: Catalogue) -> tuple[Rows, Rows]:
    """[m] shopper, or visit of nobody who is named, and row of each product that was put into the cart, saved or
    bought, each once; whoever wants too much wants it for others."""
    rows = rows_of(events, catalogue)
    wanted = np.isin(events["kind"].astype(object).to_numpy(), WANTING) & (rows >= 0)
    named = events["shopper"].notna().to_numpy()
    visit = events["session"].notna().to_numpy() & ~named if "session" in events else np.zeros(len(rows), dtype=bool)
    group = np.full(len(rows), -1, dtype=np.int64)
    group[named] = _codes(events["shopper"], named)
    if visit.any():
        group[visit] = group.max(initial=-1) + 1 + _codes(events["session"], visit)
    fine = wanted & (group >= 0)
    if not fine.any():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = np.unique(np.stack([group[fine], rows[fine]], axis=1), axis=0)
    size = np.bincount(pairs[:, 0])
    pairs = pairs[size[pairs[:, 0]] <= MOST_IN_A_BASKET]
    return pairs[:, 0], pairs[:, 1]


def _codes(column: Any, mask: Mask) -> Rows:
    """[m'] codes from 0 of the values under a mask, in the order of the values: who came first leaves no trace."""
    _, codes = np.unique(column[mask].astype(str).to_numpy(dtype=object), return_inverse=True)
    return np.asarray(codes.ravel(), dtype=np.int64)
