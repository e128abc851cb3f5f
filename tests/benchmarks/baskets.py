"""What is learnt from shoppers, on the invoices of a real gift shop (Online Retail, CC BY 4.0).

    python -m tests.benchmarks.baskets [--shoppers 400] [--check]

The last invoice of each customer is held back, and the products in it that are new to them are to be foreseen; all else
is learnt from. So that nothing is tuned to one way of splitting, the same is told for a split by the calendar: learnt
from what lies before a day, asked of what comes after.

New products: 15 % of the catalogue are hidden from training, and ranked among themselves by what their neighbours in
words lend them.

The hybrid is asked in two ways. All customers: the kernel of every list, over text, behaviour and trend, with the
weights of *Classic hybrid*. Some of them (`--shoppers`): *For You* itself, with the weights that its presets have.
Intervals are bootstrapped over customers, differences customer by customer.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from core.domain.catalogue import Catalogue, Item
from core.domain.query import Request
from core.domain.shoppers import History, Person, Shopper, hashed
from core.evaluate import metrics, splits
from core.evaluate.metrics import difference, interval, ndcg, recall
from core.rank import behaviour as model
from core.rank.behaviour import Behaviour, BehaviourSignal
from core.rank.blend import blend_for, score
from core.rank.calibrate import PRIOR, calibrate
from core.rank.signals import Sides
from core.rank.twins import coded
from core.recommend import behaviour as behaving
from core.recommend import for_you, trend
from core.recommend.view import Edition, View, open_view
from tests.benchmarks.speed import Row, table

ROOT = Path(__file__).resolve().parents[2]
K, SEED, HIDDEN = 10, 0, 0.15
CALENDAR = 0.8  # of the acts lie before the day of the second split
CLASSIC = {"text": 0.5, "behaviour": 0.3, "trending": 0.2}
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Gifts:
    """The shop and its record. names: item ids in order; codes of the record follow them."""

    catalogue: Catalogue
    record: splits.Record
    vectors: np.ndarray


def folder() -> Path | None:
    """Where the invoices are, if they are here."""
    for one in (os.environ.get("VITRINE_TEST_DATA"), ROOT.parent / "shared" / "data"):
        if one and (Path(one) / "online-retail" / "lines.parquet").is_file():
            return Path(one) / "online-retail"
    return None


def gifts(where: Path) -> Gifts:
    from core.embed.registry import text_encoder
    from core.settings import Settings

    items = pd.read_parquet(where / "items.parquet")
    lines = pd.read_parquet(where / "lines.parquet")
    catalogue = Catalogue.of(
        [
            Item(id=code, title=str(text).strip().capitalize(), price=round(100 * price), currency="GBP")
            for code, text, price in zip(items["StockCode"], items["description"], items["median_price"], strict=True)
        ]
    )
    row_of = {item: row for row, item in enumerate(catalogue.ids)}
    record = splits.Record(
        pd.factorize(lines["customer_id"], sort=True)[0].astype(np.int64),
        lines["StockCode"].map(row_of).to_numpy(dtype=np.int64),
        pd.factorize(lines["InvoiceNo"], sort=True)[0].astype(np.int64),
        lines["order_date"].to_numpy(dtype="datetime64[D]"),
    )
    vectors = text_encoder(Settings()).encode(catalogue.frame["title"].tolist())
    return Gifts(catalogue, record, np.asarray(vectors, dtype=np.float32))


def matrix(record: splits.Record, shoppers: int, items: int) -> sparse.csr_matrix:
    """[shoppers, items] 1 where a customer bought a product."""
    pairs = np.unique(np.stack([record.shoppers, record.items], axis=1), axis=0)
    return sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(shoppers, items))


def lists(scores: np.ndarray, tasks: Sequence[splits.Task]) -> np.ndarray:
    """[A, K] the best of [A, n] scores, without what a customer has."""
    return np.stack([metrics.best(mine, K, task.history) for mine, task in zip(scores, tasks, strict=True)])


def found(shown: np.ndarray, tasks: Sequence[splits.Task]) -> np.ndarray:
    return ndcg(shown, [task.wanted for task in tasks], K)


def told(shown: np.ndarray, tasks: Sequence[splits.Task], popularity: np.ndarray, items: int) -> str:
    wanted = [task.wanted for task in tasks]
    known = np.nanmean(metrics.novelty(shown, popularity))
    return (
        f"NDCG {interval(found(shown, tasks))}, recall {np.nanmean(recall(shown, wanted)):.4f}, "
        f"hit {np.nanmean(metrics.hit(shown, wanted)):.3f}, MRR {np.nanmean(metrics.mrr(shown, wanted)):.3f}, "
        f"coverage {metrics.coverage(shown, items):.2f}, novelty {known:.1f} bits"
    )


def behaviour(shop: Gifts) -> tuple[list[Row], splits.Split, np.ndarray]:
    """EASE and its like on both splits; the first split and what EASE finds in it, customer by customer."""
    out: list[Row] = []
    shoppers, items = int(shop.record.shoppers.max()) + 1, len(shop.catalogue)
    first = splits.last_basket(shop.record)
    cut = splits.cut_at(shop.record, CALENDAR)
    ease_first = np.empty(0)
    for name, split in (("last invoice", first), (f"from {cut}", splits.by_time(shop.record, cut))):
        x = matrix(split.train, shoppers, items)
        mine = x[[task.shopper for task in split.tasks]]
        bought = np.asarray(x.sum(axis=0)).ravel()
        known = bought / len(np.unique(split.train.shoppers))
        popular = lists(np.tile(bought, (len(split.tasks), 1)), split.tasks)
        whole = lists(mine @ model.ease(x), split.tasks)
        base, best = interval(found(popular, split.tasks)), interval(found(whole, split.tasks))
        last = name == "last invoice"
        out.append(Row(f"{name}: popularity", told(popular, split.tasks, known, items)))
        bar = ">= .09 and 2 x popularity" if last else "2 x popularity"
        fine = best.mean >= (0.09 if last else 0) and best.mean >= 2 * base.mean
        out.append(Row(f"18  {name}: EASE, all pairs", told(whole, split.tasks, known, items), bar, fine))
        content = [(shop.vectors, np.ones(items, dtype=bool))]
        for kind, limit in (("EASE as kept, with what neighbours lend", model.DENSE_UP_TO), ("item-kNN as kept", 0)):
            kept = model.train(x, content=content, dense_up_to=limit)
            assert kept is not None
            shown = lists((mine @ as_table(kept)).toarray(), split.tasks)
            out.append(Row(f"{name}: {kind}", told(shown, split.tasks, known, items)))
        if last:
            ease_first = found(whole, split.tasks)
    return out, first, ease_first


def as_table(kept: Behaviour) -> sparse.csr_matrix:
    return sparse.csr_matrix((kept.values.astype(np.float64), kept.indices, kept.indptr), shape=(len(kept), len(kept)))


def new_products(shop: Gifts, split: splits.Split, seed: int) -> list[Row]:
    """What neighbours in words lend to products that nobody met, ranked among themselves."""
    shoppers, items = int(shop.record.shoppers.max()) + 1, len(shop.catalogue)
    out = splits.hidden(items, HIDDEN, seed)
    fresh = np.flatnonzero(out)
    x = matrix(split.train.where(~out[split.train.items]), shoppers, items)
    tasks = [
        splits.Task(task.shopper, task.history, np.intersect1d(task.wanted, fresh), task.at)
        for task in split.tasks
        if np.isin(task.wanted, fresh).any() and (~out[task.history]).any()
    ]
    mine = x[[task.shopper for task in tasks]]
    kept = model.train(x, content=[(shop.vectors, np.ones(items, dtype=bool))])
    assert kept is not None
    lent = (mine @ as_table(kept)).toarray()
    words = np.asarray(mine @ shop.vectors) @ shop.vectors.T
    found_ = []
    for scores in (lent, words):
        scores[:, ~out] = -np.inf
        found_.append(recall(lists(scores, tasks), [task.wanted for task in tasks], K))
    one, other = interval(found_[0]), interval(found_[1])
    text = f"recall@10 {one}, words of the history {other}, {one.mean / other.mean:.2f} times"
    fine = one.mean >= 0.11 and one.mean >= 1.4 * other.mean
    return [Row(f"18  {len(fresh)} new products by what neighbours lend, seed {seed}", text, ">= .11 and 1.4 x", fine)]


def edition(shop: Gifts, train: splits.Record) -> View:
    """The shop as a build makes it of this record."""
    ids, items = np.array(shop.catalogue.ids, dtype=object), len(shop.catalogue)
    events = pd.DataFrame(
        {
            "shopper": train.shoppers, "session": train.baskets, "item": ids[train.items], "kind": "purchase",
            "at": pd.to_datetime(train.moments).tz_localize("UTC") + pd.Timedelta(hours=12), "quantity": 1,
        }
    )  # fmt: skip
    vectors, present = {"text": shop.vectors}, {"text": np.ones(items, dtype=bool)}
    arrays = behaving.learn(events, shop.catalogue, vectors, present)
    kinds = coded(shop.catalogue.frame["type"].tolist())
    calibration = calibrate(
        shop.catalogue, vectors, present, behaviour=behaving.signals(arrays, items),
        trending=behaving.trending_of(arrays, kinds),
    )  # fmt: skip
    view = open_view(Edition("gifts", shop.catalogue, vectors, present, arrays), calibration)
    # customers are asked about all through the year, each as by the edition of their day
    return replace(view, daily=trend.daily(events, shop.catalogue, kept=1000))


def moment(task: splits.Task) -> datetime:
    return datetime.fromisoformat(str(task.at)).replace(tzinfo=UTC)


def hybrid(shop: Gifts, split: splits.Split, ease: np.ndarray) -> list[Row]:
    """Classic hybrid through the kernel of every list, and the same weights over raw scores."""
    view = edition(shop, split.train)
    signal = view.signals["behaviour"]
    assert isinstance(signal, BehaviourSignal)
    items, every = len(view), np.arange(len(view))
    blend = blend_for(view.calibration, "item", CLASSIC, CLASSIC)
    kept = as_table(signal.model)
    x = matrix(split.train, int(shop.record.shoppers.max()) + 1, items)
    weights = model.ease(x)
    shown: dict[str, list[np.ndarray]] = {"hybrid": [], "raw": [], "share": [], "behaviour": []}
    for start in range(0, len(split.tasks), AT_ONCE):
        part = split.tasks[start : start + AT_ONCE]
        side, known = signal.of_histories([(task.history, np.ones(len(task.history))) for task in part])
        taste = np.stack([shop.vectors[task.history].astype(np.float64).mean(axis=0) for task in part])
        taste /= np.linalg.norm(taste, axis=1, keepdims=True)
        sides = Sides(
            "item", np.full(len(part), -1), {"text": taste.astype(np.float32), "behaviour": side},
            {"text": np.ones(len(part), dtype=bool), "behaviour": known},
        )  # fmt: skip
        trends = [view.trend_at(moment(task)) for task in part]
        lately = np.stack([np.zeros(items) if one is None else one for one in trends])
        z = np.nan_to_num(view.calibration.z(PRIOR, "trending", lately))
        scores = score(blend, view.signals, sides, np.tile(every, (len(part), 1)), {"trending": np.zeros(items)}).scores
        scores = scores + blend.weights["trending"] * z
        mine, cosine = x[[task.shopper for task in part]], taste @ shop.vectors.T.astype(np.float64)
        raw = CLASSIC["text"] * cosine + CLASSIC["behaviour"] * (mine @ weights)
        largest = np.maximum(lately.max(axis=1, keepdims=True), 1e-9)
        shown["hybrid"].append(lists(scores, part))
        shown["raw"].append(lists(raw + CLASSIC["trending"] * lately, part))
        shown["share"].append(lists(raw + CLASSIC["trending"] * lately / largest, part))
        shown["behaviour"].append(lists((mine @ kept).toarray(), part))
    got = {name: found(np.concatenate(some), split.tasks) for name, some in shown.items()}
    out = [Row("Classic hybrid on calibrated signals", f"NDCG {interval(got['hybrid'])}")]
    against = difference(got["hybrid"], ease)
    out.append(Row("  less EASE alone", f"{against.mean:+.4f} ({against.low:+.4f} to {against.high:+.4f})",
                   "not below 0", against.high >= 0))  # fmt: skip
    gain = interval(got["hybrid"]).mean / interval(got["raw"]).mean - 1
    out.append(Row("  over raw scores summed with the same weights", f"{gain:+.0%} (raw {interval(got['raw'])})",
                   ">= 20 %", gain >= 0.2))  # fmt: skip
    gain = interval(got["hybrid"]).mean / interval(got["share"]).mean - 1
    out.append(Row("  the same, the trend as a share of its largest", f"{gain:+.0%} (raw {interval(got['share'])})"))
    return [*out, Row("the kept model alone", f"NDCG {interval(got['behaviour'])}")]


def pages(shop: Gifts, split: splits.Split, ease: np.ndarray, count: int) -> list[Row]:
    """For You itself, with its own weights, for some customers."""
    view = edition(shop, split.train)
    some = np.sort(np.random.default_rng(SEED).choice(len(split.tasks), min(count, len(split.tasks)), replace=False))
    tasks = [split.tasks[at] for at in some.tolist()]
    bought: dict[int, list[int]] = {}
    order = np.argsort(split.train.moments, kind="stable")
    for at in order.tolist():
        bought.setdefault(int(split.train.shoppers[at]), []).append(at)
    ids, out = shop.catalogue.ids, []
    for name in ("", "classic"):
        shown = np.full((len(tasks), K), -1, dtype=np.int64)
        for lane, task in enumerate(tasks):
            acts = bought[task.shopper]
            days = [datetime.fromisoformat(str(split.train.moments[at])).replace(tzinfo=UTC) for at in acts]
            none = (None,) * len(acts)
            history = History(
                tuple(ids[split.train.items[at]] for at in acts), ("purchase",) * len(acts), tuple(days),
                (-1,) * len(acts), (1,) * len(acts), none, none,
            )  # fmt: skip
            person = Person(Shopper(hashed(b"benchmark", f"c{task.shopper}")), history)
            strategy = for_you.PRESETS["classic"] if name else None
            asked = Request(placement="for_you", k=K, at=moment(task), shopper=person, strategy=strategy)  # type: ignore[arg-type]
            rows = view.catalogue.rows(for_you.for_you(view, asked).ids)
            shown[lane, : len(rows)] = rows
        got, same = found(shown, tasks), ease[some]
        against = difference(got, same)
        text = f"NDCG {interval(got)}, EASE there {interval(same).mean:.4f}"
        out.append(Row(f"For You, {name or 'its presets'}, {len(tasks)} customers", text))
        said = f"{against.mean:+.4f} ({against.low:+.4f} to {against.high:+.4f})"
        out.append(Row("  less EASE alone", said, "not below 0" if not name else "", against.high >= 0 or None))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.baskets", description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=400, help="customers whom For You is made for; 0 leaves it out")
    parser.add_argument("--check", action="store_true", help="leave with 1 when a bar is missed")
    given = parser.parse_args(arguments)
    where = folder()
    if where is None:
        print("The real data sets are not here (set VITRINE_TEST_DATA).")
        return 0
    shop = gifts(where)
    rows, split, ease = behaviour(shop)
    for seed in (SEED, 1, 2):
        rows += new_products(shop, split, seed)
    print(table(rows), flush=True)
    more = hybrid(shop, split, ease)
    if given.shoppers:
        more += pages(shop, split, ease, given.shoppers)
    print(table(more))
    return 1 if given.check and any(row.ok is False for row in (*rows, *more)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
