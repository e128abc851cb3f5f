"""What came of the lists that shoppers were shown: only those, as they were shown.

A list that is made today says nothing of yesterday's clicks: those who clicked saw another one. So a click counts where
its product was on the screen, in the list that the impression names, and whatever was clicked without having been shown
is counted apart and helps nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain.arrays import Scores
from core.evaluate.metrics import Interval, interval

COLUMNS = ("at", "kind", "item", "session", "shopper", "placement", "position", "anchor", "strategy", "snapshot", "arm")
KINDS = ("impression", "click")
OF_LIST = ("who", "placement", "anchor", "strategy", "snapshot", "arm")  # one list: all of these
OF_PART = ("placement", "arm", "strategy")


@dataclass(frozen=True, slots=True)
class Part:
    """The lists of one placement, one arm of an experiment and one strategy.

    lists:   how many were shown.    places: products in them.    clicks: on what was shown, each product once a list.
    clicked: share of lists with a click.    mrr: mean of 1 / place of the first click, 0 for none.
    unseen_clicks: clicks on what was not shown there; they count for nothing.
    """

    placement: str
    arm: str | None
    strategy: int | None
    lists: int
    places: int
    clicks: int
    clicked: Interval | None
    mrr: Interval | None
    unseen_clicks: int

    def as_json(self) -> dict[str, Any]:
        return {
            "placement": self.placement, "arm": self.arm, "strategy": self.strategy, "lists": self.lists,
            "places": self.places, "clicks": self.clicks, "clicked": _plain(self.clicked), "mrr": _plain(self.mrr),
            "unseen_clicks": self.unseen_clicks,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownLists:
    """parts: in order of placement, arm and strategy.    unknown: impressions and clicks of nobody known: no visit,
    no shopper, so that no list can be put together."""

    parts: tuple[Part, ...]
    unknown: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"parts": [part.as_json() for part in self.parts], "unknown": self.unknown}


def shown_lists(events: Any) -> ShownLists:
    """What came of the lists in a table of impressions and clicks with `COLUMNS`, in order of time.

    A list is what one visit was shown in one placement around one product by one strategy, edition and arm. A click
    belongs to the last impression of its product in that place before it.
    """
    import pandas as pd

    table = events.assign(who=events["session"].where(events["session"].notna(), events["shopper"]))
    known = table["who"].notna() & table["placement"].notna() & table["item"].notna()
    unknown, table = int((~known).sum()), table[known]
    table = table.assign(order=np.arange(len(table)), anchor=table["anchor"].fillna(""))
    impressions = table[table["kind"] == "impression"].drop_duplicates([*OF_LIST, "item"])
    impressions = impressions.assign(list=impressions.groupby([*OF_LIST], dropna=False, sort=False).ngroup())
    impressions = impressions.sort_values(["list", "position", "order"], kind="stable")
    impressions = impressions.assign(place=impressions.groupby("list").cumcount() + 1)
    clicks = table[table["kind"] == "click"]
    both = clicks.merge(
        impressions[["who", "placement", "anchor", "item", "list", "place", "order", "at"]],
        on=["who", "placement", "anchor", "item"], how="left", suffixes=("", "_shown"),
    )  # fmt: skip
    before = (both["at_shown"] <= both["at"]).fillna(False) & both["list"].notna()
    fine = both[before].sort_values("order_shown", kind="stable").drop_duplicates("order", keep="last")
    seen = fine.drop_duplicates(["list", "item"])
    unseen = clicks[~clicks["order"].isin(fine["order"])]

    lists = impressions.groupby("list").agg(
        placement=("placement", "first"), arm=("arm", "first"), strategy=("strategy", "first"), places=("item", "size")
    )  # fmt: skip
    lists["clicks"] = seen.groupby(seen["list"].astype(np.int64)).size().reindex(lists.index, fill_value=0)
    first = seen.groupby(seen["list"].astype(np.int64))["place"].min().reindex(lists.index)
    lists["reciprocal"] = (1.0 / first).fillna(0.0)
    parts: dict[tuple[str, str, float], Part] = {}
    for of, some in (("lists", lists), ("unseen", unseen)):
        for named, group in some.groupby([*OF_PART], dropna=False, sort=False):
            placement, arm, strategy = (None if pd.isna(value) else value for value in named)
            number = None if strategy is None else int(strategy)
            key = (str(placement), arm or "", -1.0 if number is None else float(number))
            part = parts.get(key) or Part(str(placement), arm, number, 0, 0, 0, None, None, 0)
            parts[key] = _with_lists(part, group) if of == "lists" else _with_unseen(part, len(group))
    return ShownLists(tuple(parts[key] for key in sorted(parts)), unknown)


def _with_lists(part: Part, group: Any) -> Part:
    clicks = group["clicks"].to_numpy(dtype=np.float64)
    reciprocal: Scores = group["reciprocal"].to_numpy(dtype=np.float64)
    return Part(
        part.placement, part.arm, part.strategy, len(group), int(group["places"].sum()), int(clicks.sum()),
        interval((clicks > 0).astype(np.float64)), interval(reciprocal), part.unseen_clicks,
    )  # fmt: skip


def _with_unseen(part: Part, count: int) -> Part:
    return Part(
        part.placement, part.arm, part.strategy, part.lists, part.places, part.clicks, part.clicked, part.mrr, count
    )


def _plain(found: Interval | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"mean": round(found.mean, 9), "low": round(found.low, 9), "high": round(found.high, 9)}
