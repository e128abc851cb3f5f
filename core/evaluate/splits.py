"""What a recommender may learn from, and what it is asked to foresee.

A record is one row for each act: shopper, item, moment, and the basket or visit it belongs to. Splits never ask for
what was learnt: what is to be foreseen lies later, and only what the shopper had not met before counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows


@dataclass(frozen=True, eq=False)
class Record:
    """Acts in order of time. All arrays are [m].

    shoppers, items, baskets: codes from 0.    moments: datetime64.
    """

    shoppers: Rows
    items: Rows
    baskets: Rows
    moments: AnyArray

    def __post_init__(self) -> None:
        if len({len(one) for one in (self.shoppers, self.items, self.baskets, self.moments)}) > 1:
            raise ValueError("shoppers, items, baskets and moments of a record must be of one length")

    def __len__(self) -> int:
        return len(self.items)

    def where(self, mask: Mask) -> Record:
        return Record(self.shoppers[mask], self.items[mask], self.baskets[mask], self.moments[mask])


@dataclass(frozen=True, eq=False)
class Task:
    """What is foreseen for one shopper. history, wanted: items, each once and ascending; they share none.

    at: when it is asked; everything that may be known lies before.
    """

    shopper: int
    history: Rows
    wanted: Rows
    at: np.datetime64


@dataclass(frozen=True, eq=False)
class Split:
    """What may be learnt from, and the tasks, in order of shopper."""

    train: Record
    tasks: tuple[Task, ...]


def last_basket(record: Record) -> Split:
    """The last basket of each shopper who has more than one is to be foreseen, as far as it is new to them.

    Of baskets that begin at one moment, the higher code is the later. Shoppers with a single basket are learnt from.
    """
    begins: dict[int, np.datetime64] = {}
    owner: dict[int, int] = {}
    for basket, moment, shopper in zip(
        record.baskets.tolist(), record.moments, record.shoppers.tolist(), strict=True
    ):  # fmt: skip
        begins[basket] = min(begins.get(basket, moment), moment)
        owner[basket] = shopper
    last: dict[int, tuple[np.datetime64, int]] = {}
    count: dict[int, int] = {}
    for basket, moment in begins.items():
        shopper = owner[basket]
        count[shopper] = count.get(shopper, 0) + 1
        last[shopper] = max(last.get(shopper, (moment, basket)), (moment, basket))
    held = np.array(sorted(basket for shopper, (_, basket) in last.items() if count[shopper] > 1), dtype=np.int64)
    out = np.isin(record.baskets, held)
    moments = {shopper: moment for shopper, (moment, _) in last.items()}
    return Split(record.where(~out), _tasks(record.where(~out), record.where(out), moments))


def by_time(record: Record, cut: np.datetime64) -> Split:
    """Everything before `cut` may be learnt from; each shopper's first basket from then on is to be foreseen."""
    early = record.moments < cut
    late = record.where(~early)
    order = np.lexsort((late.baskets, late.moments, late.shoppers))
    shoppers, at = np.unique(late.shoppers[order], return_index=True)
    first = dict(zip(shoppers.tolist(), late.baskets[order][at].tolist(), strict=True))
    moments = dict(zip(shoppers.tolist(), late.moments[order][at], strict=True))
    mine = np.array([first[shopper] for shopper in late.shoppers.tolist()], dtype=np.int64)
    return Split(record.where(early), _tasks(record.where(early), late.where(late.baskets == mine), moments))


def cut_at(record: Record, share: float) -> np.datetime64:
    """The moment before which `share` of the acts lie. Raises ValueError for a share outside 0 to 1, or no acts."""
    if not 0 < share < 1 or not len(record):
        raise ValueError(f"{share} of {len(record)} acts is no share to cut at")
    moment: np.datetime64 = np.sort(record.moments)[int(share * len(record))]
    return moment


def hidden(items: int, share: float, seed: int) -> Mask:
    """[items] which of them are hidden from training, as if they were new."""
    out = np.zeros(items, dtype=bool)
    out[np.random.default_rng(seed).choice(items, int(share * items), replace=False)] = True
    return out


def _tasks(train: Record, held: Record, moments: dict[int, np.datetime64]) -> tuple[Task, ...]:
    """A task for each shopper of `held` who has a history, and for whom anything in it is new."""
    known, asked = _of_shoppers(train), _of_shoppers(held)
    tasks = []
    for shopper, items in sorted(asked.items()):
        history = known.get(shopper)
        if history is None:
            continue
        wanted = np.setdiff1d(items, history)
        if len(wanted):
            tasks.append(Task(shopper, history, wanted, moments[shopper]))
    return tuple(tasks)


def _of_shoppers(record: Record) -> dict[int, Rows]:
    """Shopper -> items, each once, ascending."""
    if not len(record):
        return {}
    pairs = np.unique(np.stack([record.shoppers, record.items], axis=1), axis=0)
    edges = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    return {int(pairs[at, 0]): part for at, part in zip(edges, np.split(pairs[:, 1], edges[1:]), strict=True)}
