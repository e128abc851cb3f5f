"""The map of trade-offs and learning from judgements, on a built shop.

    python -m tests.benchmarks.sweep --data DIR [--settings 300] [--anchors 200] [--check]

The sweep is timed by the clock on the wall with two threads, compared with the lists that serve for some of its
settings, stopped, kept and read back. Judgements are simulated: somebody with hidden weights gives a thumb up to the
three best and a thumb down to the two worst of the lists that are served around twelve products; what is learnt from
these sixty is held against the same person's thumbs around a hundred other products. Shuffled thumbs must teach
nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.build import open_shop
from core.demo.load import events
from core.domain.query import Request
from core.domain.strategy import PRIOR_SIGNALS
from core.lab import judgements as learning
from core.lab import sweep as lab
from core.lab.together import Together, together
from core.rank.blend import blend_for, score
from core.rank.signals import sides_of_rows
from core.recommend.similar import rank_all
from core.recommend.trials import trials
from core.recommend.view import View
from core.settings import Settings
from core.shop import Shop
from core.store.judgements import Judgement
from core.store.studio import Studio
from tests.benchmarks.speed import Row, table

BAR = 30.0  # seconds for 300 settings over 200 products of the demo boutique
COMPARED = 12
UP, DOWN = 3, 2
TASTES = (
    {"image": 0.8, "text": 0.1, "attributes": 0.1},
    {"text": 0.9, "attributes": 0.1},
    {"attributes": 0.6, "image": 0.4},
    {"image": 0.5, "text": 0.5},
    {"text": 0.4, "image": 0.3, "margin": 0.3},
    {"attributes": 0.5, "newness": 0.5},
    {"image": 1.0},
)
SHUFFLED = 3  # times each taste's thumbs are shuffled


def visits(shop: Shop) -> Together | None:
    """What shoppers did; of a demo boutique that was built before they were kept beside it, those it ships with."""
    if shop.behaviour is not None or not shop.simulated:
        return shop.behaviour
    return together(events(datetime(2026, 3, 1, tzinfo=UTC)), shop.catalogue())


def sweeps(view: View, behaviour: Together | None, at: datetime, settings: int, anchors: int) -> list[Row]:
    request = Request(k=10, at=at)
    wall, cpu = time.perf_counter(), time.process_time()
    found = lab.sweep(view, request, behaviour=behaviour, simulated=True, settings=settings, anchors=anchors)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert found is not None
    size = f"{len(found.settings)} settings x {len(found.anchors)} of {len(view):,} products"
    small = len(view) <= 6_000
    bar, met = (f"< {BAR:.0f} s", wall < BAR) if small else ("", None)
    out = [
        Row(f"sweep, {size}", f"{wall:.1f} s ({cpu:.1f} s CPU)", bar, met),
        Row("relevance is agreement with", f"{found.basis}, known for {found.judged}"),
    ]
    rng = np.random.default_rng(0)
    same = 0
    picked = rng.integers(0, len(found.settings), COMPARED)
    tried = [found.settings[at].strategy for at in picked]
    lists = dict(trials(view, request, found.anchors, tried))
    for number, strategy in enumerate(tried):
        wanted, _ = rank_all(view, request.changed(strategy=strategy), found.anchors)
        same += bool((lists[number] == wanted).all())
    out.append(Row("settings whose lists are those that serve", f"{same} of {COMPARED}", "all", same == COMPARED))
    asked = time.perf_counter()
    told: list[float] = []

    def stop() -> bool:
        told.append(time.perf_counter())
        return time.perf_counter() - asked > 1.0

    lab.sweep(view, request, behaviour=behaviour, settings=settings, anchors=anchors, stop=stop)
    wait = float(np.diff(told).max(initial=0.0))
    out.append(Row("longest wait between two chances to stop", f"{wait:.2f} s", "< 3 s", wait < 3))
    with tempfile.TemporaryDirectory() as folder:
        lab.keep(Path(folder), "key", found)
        began = time.perf_counter()
        again = lab.kept(Path(folder), "key")
        taken = time.perf_counter() - began
        fine = again is not None and again.as_json() == found.as_json()
        out.append(Row("read back", f"{1000 * taken:.0f} ms", "equal", fine))
    for name, at_ in {"Live": 0, **found.named}.items():
        setting = found.settings[at_]
        figures = ", ".join(f"{key} {value:.3f}" for key, value in setting.figures.items())
        gain = "" if at_ == 0 else f" ({setting.gained:+.3f} ± {setting.within:.3f})"
        out.append(Row(f"  {name}: {lab.told(setting.strategy)}", figures + gain))
    return out


def thumbs(view: View, taste: dict[str, float], anchors: list[str], at: datetime) -> list[Judgement]:
    """What somebody of that taste says of the lists that are served."""
    lists, _ = rank_all(view, Request(k=10, at=at), anchors)
    blend = blend_for(view.calibration, "item", taste, {*view.signals, *PRIOR_SIGNALS})
    priors, ids, out = view.priors(blend, at), view.catalogue.ids, []
    for anchor, rows in zip(anchors, lists, strict=True):
        rows = rows[rows >= 0]
        if len(rows) < UP + DOWN:
            continue
        sides = sides_of_rows(view.signals, view.catalogue.rows([anchor]))
        order = np.argsort(-score(blend, view.signals, sides, rows[None, :], priors).scores[0], kind="stable")
        out += [Judgement(anchor, ids[rows[i]], 1, "Ada", at) for i in order[:UP]]
        out += [Judgement(anchor, ids[rows[i]], -1, "Ada", at) for i in order[-DOWN:]]
    return out


def lessons(view: View, at: datetime) -> list[Row]:
    live = np.flatnonzero(view.live(at))
    ids, out, taken = view.catalogue.ids, [], []
    fooled = asked = 0
    for number, taste in enumerate(TASTES):
        usable = {name: weight for name, weight in taste.items() if name in learning._usable(view)}
        rng = np.random.default_rng(number)
        order = [ids[row] for row in rng.permutation(live)]
        given = thumbs(view, usable, order[:12], at)
        began = time.process_time()
        found = learning.learn(view, given, at)
        taken.append(time.process_time() - began)
        held = learning._table(view, thumbs(view, usable, order[100:200], at), at, view.strategy)
        every = np.arange(len(held.pairs))
        right = float(learning._right(view, held, every, found.strategy or view.strategy).mean())
        before = float(learning._right(view, held, every, view.strategy).mean())
        weights = dict(found.strategy.weights) if found.strategy else "as they are"
        what = f"hidden {usable} from {len(given)} thumbs: {found.found}, {weights}"
        out.append(Row(what, f"{right:.3f} of held-out pairs right (live {before:.3f})", ">= .85", right >= 0.85))
        for _ in range(SHUFFLED):
            verdicts = rng.permutation([one.verdict for one in given])
            noise = [replace(one, verdict=int(v)) for one, v in zip(given, verdicts, strict=True)]
            asked, fooled = asked + 1, fooled + (learning.learn(view, noise, at).found is not learning.Found.NOTHING)
    out.append(Row("shuffled thumbs in which something was found", f"{fooled} of {asked}", "0", fooled == 0))
    out.append(Row("learning from 60 thumbs", f"{np.median(taken):.2f} s CPU"))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sweep", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of a built shop; it is only read")
    parser.add_argument("--settings", type=int, default=lab.SETTINGS)
    parser.add_argument("--anchors", type=int, default=lab.ANCHORS)
    parser.add_argument("--check", action="store_true", help="leave with 1 when a bar is missed")
    given = parser.parse_args(arguments)
    shop = open_shop(Settings(data=given.data), studio=Studio("sqlite://"))
    at = datetime.now(UTC).replace(microsecond=0)
    view = shop.view()
    rows = [*sweeps(view, visits(shop), at, given.settings, given.anchors), *lessons(view, at)]
    print(table(rows))
    return 1 if given.check and any(row.ok is False for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
