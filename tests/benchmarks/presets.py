"""What the presets of For You weigh: chosen on some shoppers and days, told of others.

    python -m tests.benchmarks.presets [--data DIR] [--shoppers 200] [--every]

Two shops. Online Retail: weights are chosen on the invoice before the last of each customer, learning from what lies
before it, and told on the last one. The demo boutique (`--data`, of a built shop with its record): chosen on the last
visits of shoppers of one half by hash, told on those of the other half. Nothing that is foreseen is learnt from.

A history of one to four acts is the last so many of a longer one, by a hash of the shopper; all that they had before is
left out of their lists nonetheless. A list is the order by score of the one sum, as *For You* makes it, unvaried.
Chosen is what gains most over the present weights in both shops together, each counted alike, where that gain is above
0 within its interval: the surface is flat, and the largest of many figures is the luckiest. `--every` tells them all.

With 350 shoppers of each, one to four acts: content .5, behaviour .2, trend .3 in place of .6, .2, .2 gained 17 % (6
to 28 %) where it was chosen; told, NDCG@10 -.002 (-.009 to .004) on the last invoices and +.013 (.003 to .023) in the
other half of the demo. Five acts and more: the best, .2, .6, .2, gained 8 % (-3 to 19 %), so .45, .4, .15 stayed.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.events import ACTS, STRENGTH
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.shoppers import History, Person, Shopper, hashed
from core.domain.strategy import PRIOR_SIGNALS, Strategy
from core.evaluate import splits
from core.evaluate.metrics import difference, interval, ndcg
from core.rank.blend import blend_for, score
from core.rank.calibrate import calibrate
from core.rank.twins import coded
from core.recommend import behaviour as behaving
from core.recommend import for_you
from core.recommend.fit import KIND
from core.recommend.for_you import FEW, MANY, PRESETS, Around
from core.recommend.session import Crowd, crowd
from core.recommend.view import Edition, View, open_view
from tests.benchmarks import baskets

K = 10
SHARES = tuple(
    (round(1 - behaviour / 20 - trend / 20, 2), behaviour / 20, trend / 20)
    for trend in (0, 1, 2, 3, 4, 6)
    for behaviour in (2, 4, 6, 8, 10, 12, 14)
    if behaviour + trend < 19
)
CLEAR = ("save", "cart", "purchase")  # acts of a visit that are to be foreseen


@dataclass(frozen=True, eq=False)
class Asked:
    """One shopper: what is known of them, what they had, and what is to be foreseen, as rows."""

    person: Person
    at: datetime
    had: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True, eq=False)
class Side:
    """A shop as it was, and who is asked about."""

    view: View
    crowd: Crowd
    asked: tuple[Asked, ...]


def weighed(shares: tuple[float, float, float], like: Strategy) -> Strategy:
    content, behaviour, trend = shares
    return like.changed(weights=for_you._hybrid("", content, behaviour, trend, "").weights)


def found(side: Side, strategies: Sequence[Strategy]) -> np.ndarray:
    """[strategies, shoppers] NDCG@10 of the order by score."""
    every = weighed((0.4, 0.4, 0.2), strategies[0])  # the sides of a shopper are the same whatever content weighs
    out = np.zeros((len(strategies), len(side.asked)))
    blends: dict[tuple[Any, ...], Any] = {}  # the distribution of each is drawn once
    for lane, one in enumerate(side.asked):
        request = Request(Placement.FOR_YOU, k=K, at=one.at, shopper=one.person, strategy=every)
        case = for_you._Case(side.view, request, Around(None, side.crowd))
        if not case.known:
            continue
        fit, open_ = case.fit, case.for_whom & ~case.barred.mask & side.view.live(one.at)
        open_[one.had] = False
        rows = np.flatnonzero(open_)
        for at, strategy in enumerate(strategies):
            names = {*fit.sides.sides, *PRIOR_SIGNALS} & {*fit.view.signals, *PRIOR_SIGNALS}
            key = at, id(fit.view.calibration), frozenset(names)
            blend = blends.get(key) or blend_for(fit.view.calibration, KIND, strategy.weights, names)
            blends[key] = blend
            priors = fit.view.priors(blend, one.at)
            scores = score(blend, fit.view.signals, fit.sides, rows[None, :], priors, None).scores[0]
            best = rows[np.lexsort((rows, -np.round(scores, 9)))[:K]]
            shown = np.full((1, K), -1, dtype=np.int64)
            shown[0, : len(best)] = best
            out[at, lane] = ndcg(shown, [one.wanted], K)[0]
    return out


def few(history: History, name: str) -> History:
    """The last one to four acts of a history, by a hash of the shopper."""
    count = 1 + hashlib.sha256(f"few {name}".encode()).digest()[0] % 4
    return history._kept(lambda n: n >= len(history) - count)


def half(name: str) -> int:
    return hashlib.sha256(f"half {name}".encode()).digest()[0] % 2


# -- Online Retail -----------------------------------------------------------------------------------------------------


def invoices(shop: baskets.Gifts, split: splits.Split, count: int, preset: str, seed: int) -> Side:
    """The shop before the invoices that are held back, and some of their customers."""
    view, ids = baskets.edition(shop, split.train), shop.catalogue.ids
    some = np.sort(np.random.default_rng(seed).choice(len(split.tasks), min(count, len(split.tasks)), replace=False))
    bought: dict[int, list[int]] = {}
    for at in np.argsort(split.train.moments, kind="stable").tolist():
        bought.setdefault(int(split.train.shoppers[at]), []).append(at)
    asked = []
    for task in (split.tasks[at] for at in some.tolist()):
        acts = bought[task.shopper][-500:]
        days = [datetime.fromisoformat(str(split.train.moments[at])).replace(tzinfo=UTC) for at in acts]
        history = History(tuple(ids[split.train.items[at]] for at in acts), ("purchase",) * len(acts), tuple(days))
        name = f"c{task.shopper}"
        history = few(history, name) if preset == FEW else history
        person = Person(Shopper(hashed(b"benchmark", name)), history)
        asked.append(Asked(person, baskets.moment(task), task.history, task.wanted))
    return Side(view, crowd(_bought(shop, split.train), shop.catalogue), tuple(asked))


def _bought(shop: baskets.Gifts, train: splits.Record) -> Any:
    import pandas as pd

    ids = np.array(shop.catalogue.ids, dtype=object)
    return pd.DataFrame({
        "shopper": train.shoppers.astype(str), "session": train.baskets.astype(str), "item": ids[train.items],
        "kind": "purchase", "at": pd.to_datetime(train.moments).tz_localize("UTC") + pd.Timedelta(hours=12),
    })  # fmt: skip


# -- the demo boutique -------------------------------------------------------------------------------------------------


def visits(data: Path, which: int, count: int, preset: str) -> Side:
    """A built shop without the last visits of one half of its shoppers, and some of these."""
    from core.build import open_shop
    from core.settings import Settings

    shop = open_shop(Settings(data=data))
    events = shop.events.table(kinds=ACTS, columns=behaving.COLUMNS)
    events["shopper"] = events["shopper"].astype(str)
    events["session"] = events["session"].astype(str)
    catalogue = shop.snapshot.catalogue
    mine = events[[half(one) == which for one in events["shopper"]]]
    last = mine.groupby("shopper")["at"].transform("max")
    ends = mine[mine["at"] == last].drop_duplicates("shopper").set_index("shopper")["session"]
    held = mine[mine["session"] == mine["shopper"].map(ends)]
    kept = events.drop(held.index)
    known = set(kept["shopper"])
    wanted = held[held["kind"].isin(CLEAR) & held["shopper"].isin(known)]
    asked = []
    for name, acts in wanted.groupby("shopper", sort=True):
        before = kept[(kept["shopper"] == name) & (kept["at"] < acts["at"].min())].sort_values("at", kind="stable")
        before = before[before["item"].isin(set(catalogue.ids))]
        likes = before[[STRENGTH[kind] > 0 for kind in before["kind"]]]
        if len(likes) < (1 if preset == FEW else 5):
            continue
        had = np.unique(catalogue.rows(before["item"].tolist()))
        new = np.setdiff1d(catalogue.rows([one for one in acts["item"] if one in catalogue]), had)
        if not len(new):
            continue
        history = History(
            tuple(before["item"]), tuple(map(str, before["kind"])),
            tuple(one.to_pydatetime() for one in before["at"]),
        )  # fmt: skip
        history = few(history, str(name)) if preset == FEW else history
        at = acts["at"].min().to_pydatetime() - timedelta(minutes=1)
        asked.append(Asked(Person(Shopper(hashed(b"benchmark", str(name))), history), at, had, new))
    some = sorted(asked, key=lambda one: one.person.shopper.id)[:count]
    vectors, present = shop.snapshot.vectors, shop.snapshot.present
    arrays = behaving.learn(kept, catalogue, vectors, present)
    kinds = coded(catalogue.frame["type"].tolist())
    calibration = calibrate(
        catalogue, vectors, present, behaviour=behaving.signals(arrays, len(catalogue)),
        trending=behaving.trending_of(arrays, kinds),
    )  # fmt: skip
    view = open_view(Edition("demo", catalogue, vectors, present, arrays), calibration)
    return Side(view, crowd(kept, catalogue), tuple(some))


# -- choosing, and telling ---------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.presets", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a built shop with its record, such as the demo boutique")
    parser.add_argument("--shoppers", type=int, default=200, help="of each shop, for choosing and for telling each")
    parser.add_argument("--every", action="store_true", help="tell all weights that were looked at")
    given = parser.parse_args(arguments)
    where = baskets.folder()
    shop = baskets.gifts(where) if where is not None else None
    if shop is None and given.data is None:
        print("Neither the invoices nor a built shop is here (set VITRINE_TEST_DATA, or give --data).")
        return 0
    last = earlier = None
    if shop is not None:
        last = splits.last_basket(shop.record)
        earlier = splits.last_basket(last.train)
    for preset in (FEW, MANY):
        strategies = [PRESETS[preset], *(weighed(one, PRESETS[preset]) for one in SHARES)]
        chosen_on: dict[str, Side] = {}
        if shop is not None and earlier is not None:
            chosen_on["Online Retail, the invoice before the last"] = invoices(
                shop, earlier, given.shoppers, preset, 1
            )  # fmt: skip
        if given.data is not None:
            chosen_on["demo, one half"] = visits(given.data, 0, given.shoppers, preset)
        more: list[np.ndarray] = []
        for name, side in chosen_on.items():
            values = found(side, strategies)
            more.append((values - values[0]) / max(values[0].mean(), 1e-9))
            order = np.argsort(-values.mean(axis=1), kind="stable")
            print(f"{preset}: {name}, {len(side.asked)} shoppers, now {interval(values[0])}", flush=True)
            for at in order if given.every else order[:5]:
                told = "now" if at == 0 else SHARES[at - 1]
                print(f"    {told}: {values[at].mean():.4f}")
        gains = np.concatenate([side / len(more) * sum(map(np.size, more)) / side.size for side in more], axis=1)
        first = int(np.argmax(gains.mean(axis=1)))
        gain = interval(gains[first])
        best = first if gain.low > 0 else 0
        print(f"{preset}: {SHARES[first - 1] if first else 'now'} gains {gain.mean:+.1%} ({gain.low:+.1%} to "
              f"{gain.high:+.1%}), chosen {SHARES[best - 1] if best else 'now'}", flush=True)  # fmt: skip
        told_on: dict[str, Side] = {}
        if shop is not None and last is not None:
            told_on["Online Retail, the last invoice"] = invoices(shop, last, given.shoppers, preset, 2)
        if given.data is not None:
            told_on["demo, the other half"] = visits(given.data, 1, given.shoppers, preset)
        for name, side in told_on.items():
            values = found(side, [strategies[0], strategies[best]])
            gap = difference(values[1], values[0])
            gained = f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
            print(f"{preset}: {name}, {len(side.asked)} shoppers: now {interval(values[0])}, chosen "
                  f"{interval(values[1])}, {gained}", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
