"""Ninety days of simulated shoppers. Every row that leaves here is marked as simulated.

Each shopper has a latent taste: houses, colours, a price level, a mood and an audience. Sessions follow the week. A shopper
comes through a search, a category or a link, sees lists with positions, clicks by taste and position, and now and then
saves, buys, sends back and writes a review. Some pairs are bought together that neither words nor pictures connect.
"""

# ruff: noqa: E501 - outlines and sentences are easier to read unbroken

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.demo.houses import HOUSES, NEW_HOUSE
from core.demo.products import Draft

Rng = np.random.Generator
DAYS = 90
KINDS = ("search", "impression", "click", "view", "save", "cart", "purchase", "return", "review")
PLACEMENTS = ("similar", "look", "search", "trending", "for_you")
COLUMNS = (
    "second",
    "shopper",
    "session",
    "kind",
    "item",
    "placement",
    "position",
    "anchor",
    "query",
    "size",
    "price",
    "rating",
    "text",
)
RETURN_REASONS = ("too small", "too large", "colour differs", "changed my mind", "arrived late", "quality")
REVIEWS = {
    5: ("Better than in the picture.", "I have not taken it off since.", "Worth every cent.", "Beautifully made, and quick to arrive.", "My third one, need I say more."),
    4: ("Lovely, a touch large.", "Very good quality, the box was dented.", "Nice, though the colour is a little darker.", "Comfortable from the first day."),
    3: ("Decent for the price.", "Fine, but I expected more weight.", "Pretty, runs small."),
    2: ("The seam opened after a week.", "Not my colour after all.", "Stiffer than I hoped."),
    1: ("Sent it back.", "Looks nothing like the photo."),
}  # fmt: skip
EMPTY_SEARCHES = (
    "wedding guest fascinator",
    "kids raincoat",
    "gift card",
    "yoga mat",
    "swimming goggles",
    "umbrella",
    "perfume",
    "maternity jeans",
)


@dataclass
class _World:
    """What the simulation knows of the products, as arrays over rows."""

    drafts: Sequence[Draft]
    taste: Any  # [n, f] unit rows: what a product appeals to
    near: Any  # [n, 24] rows that a similar list draws from
    audience: Any
    appeal: Any  # [n] how attractive whatever the taste
    release: Any
    sellable: Any
    partner: dict[int, int]
    by_group: dict[str, Any]
    fresh_house: Any


@dataclass
class _Log:
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, second: float, shopper: int, session: int, kind: str, item: int = -1, placement: str = "", position: int = -1, anchor: int = -1,
            query: str = "", size: str = "", price: int = 0, rating: int = 0, text: str = "") -> None:  # fmt: skip
        self.rows.append(
            (int(second), shopper, session, kind, item, placement, position, anchor, query, size, price, rating, text)
        )


def simulate(drafts: Sequence[Draft], stories: dict[str, Any], seed: int, shoppers: int = 4200) -> pd.DataFrame:
    """All events, oldest first, with the columns `COLUMNS`; `second` counts from the anchor day and is negative."""
    rng = np.random.default_rng([seed, 20])
    world = _world(drafts, stories, rng)
    log = _Log()
    session = 0
    for shopper in range(shoppers):
        session = _shopper(world, log, shopper, session, np.random.default_rng([seed, 21, shopper]))
    return _frame(log, world)


def _features(d: Draft) -> dict[str, float]:
    out = {
        f"house {d.house.name}": 1.0,
        f"voice {d.house.voice}": 0.8,
        f"tier {d.house.tier}": 0.8,
        f"group {d.kind.group}": 0.9,
    }
    for colour in d.colour:
        out[f"colour {colour}"] = 0.8
    for word in d.occasion:
        out[f"occasion {word}"] = 0.5
    out[f"print {bool(d.drawing['print'])}"] = 0.4
    return out


def _world(drafts: Sequence[Draft], stories: dict[str, Any], rng: Rng) -> _World:
    rows = [_features(d) for d in drafts]
    keys = sorted({key for row in rows for key in row})
    at = {key: n for n, key in enumerate(keys)}
    taste = np.zeros((len(drafts), len(keys)))
    for n, row in enumerate(rows):
        for key, value in row.items():
            taste[n, at[key]] = value
    taste /= np.linalg.norm(taste, axis=1, keepdims=True)
    groups = np.array([d.kind.type for d in drafts])
    audience = np.array([d.audience for d in drafts])
    release = np.array([d.release_day if d.embargo_day is None else max(d.release_day, d.embargo_day) for d in drafts])
    sellable = np.array([sum(d.stock.values()) > 0 for d in drafts])
    fresh = np.array([d.house.name == NEW_HOUSE for d in drafts])
    likeness = (
        taste @ taste.T + 1.2 * (groups[:, None] == groups[None]) + rng.gumbel(0, 0.12, (len(drafts), len(drafts)))
    )
    fits = (audience[:, None] == audience[None]) | (audience[None] == "unisex") | (audience[:, None] == "unisex")
    families = np.array([d.family_id for d in drafts])
    likeness = np.where(fits & (families[:, None] != families[None]), likeness, -9.0)
    likeness[:, fresh] -= 1.6  # the new house is hardly ever shown
    likeness[:, release >= 0] = -9.0
    near = np.argsort(-likeness, axis=1, kind="stable")[:, :24]
    row_of = {d.id: n for n, d in enumerate(drafts)}
    hub = row_of[stories["hub"]]
    crowded = (rng.random(len(drafts)) < 0.4) & fits[:, hub]
    crowded[hub] = False
    near[crowded, rng.integers(0, 6, len(drafts))[crowded]] = hub  # the hub stands in lists it has no business in
    partner: dict[int, int] = {}
    for a, b in stories["bought_together"]:
        partner[row_of[a]], partner[row_of[b]] = row_of[b], row_of[a]
    appeal = rng.normal(0, 0.5, len(drafts))
    appeal[[row_of[i] for i in stories["heroes"]]] += 0.5
    for d_row in partner:
        appeal[d_row] += 0.6
    by_group = {str(g): np.flatnonzero((groups == g) & (release < 0)) for g in sorted(set(groups))}
    return _World(drafts, taste, near, audience, appeal, release, sellable, partner, by_group, fresh)


def _shopper(world: _World, log: _Log, shopper: int, session: int, rng: Rng) -> int:
    side = str(rng.choice(["women", "men"], p=[0.72, 0.28]))
    shown = np.isin(world.audience, [side, "unisex"])
    houses = [house.name for house in HOUSES if side == "women" or house.men > 0]
    loved = set(rng.choice(np.array(houses, dtype=object), size=int(rng.integers(1, 4)), replace=False))
    # a latent taste: the mean of a few products that this shopper would have loved, and much of their own
    pool = np.flatnonzero(shown & np.array([d.house.name in loved for d in world.drafts]))
    picks = (
        rng.choice(pool, size=min(5, len(pool)), replace=False) if len(pool) else rng.choice(np.flatnonzero(shown), 3)
    )
    like = world.taste[picks].mean(axis=0)
    liking = world.taste @ (like / np.linalg.norm(like)) * 4.0 + world.appeal + rng.normal(0, 0.25, len(world.drafts))
    liking = np.where(shown, liking, -6.0)
    visits = 1 + int(rng.geometric(0.34))
    start = rng.uniform(-DAYS, -0.2)
    owned: set[int] = set()
    day = start
    for _ in range(visits):
        if day >= -0.02:
            break
        weekday = (int(np.floor(day)) + 700) % 7
        hour = float(np.clip(rng.normal(20 if weekday < 5 else 15, 3.0), 7, 23.6))
        moment = (np.floor(day) + hour / 24) * 86400
        session += 1
        _session(world, log, shopper, session, moment, liking, owned, rng)
        day += rng.exponential(9.0) + 0.4
    return session


def _session(
    world: _World, log: _Log, shopper: int, session: int, moment: float, liking: Any, owned: set[int], rng: Rng
) -> None:
    today = int(np.floor(moment / 86400))
    live = world.release <= today
    entry = rng.random()
    second = moment
    if entry < 0.30:
        anchor, second = _search(world, log, shopper, session, second, liking, live, rng)
    else:
        placement = "trending" if entry < 0.55 else "for_you" if entry < 0.8 else ""
        rows = np.flatnonzero(live & (liking > -5))
        heat = (
            (world.appeal if placement == "trending" else liking)[rows]
            - 2.2 * world.fresh_house[rows]
            + rng.gumbel(0, 0.8, len(rows))
        )
        chosen = rows[np.argsort(-heat, kind="stable")[:8]]
        anchor = (
            _shown(world, log, shopper, session, second, placement, chosen, -1, liking, rng)
            if placement
            else int(chosen[0])
        )
    steps = 0
    while anchor >= 0 and steps < 7:
        steps += 1
        second += float(rng.exponential(40)) + 6
        log.add(second, shopper, session, "view", anchor)
        want = 1 / (1 + np.exp(-(liking[anchor] - 2.6)))
        if rng.random() < 0.34 * want:
            log.add(second + 8, shopper, session, "save", anchor)
        if world.sellable[anchor] and anchor not in owned and rng.random() < 0.42 * want:
            _buy(world, log, shopper, session, second + 20, anchor, liking, owned, rng)
            partner = world.partner.get(anchor)
            if partner is not None and world.release[partner] <= today and rng.random() < 0.62:
                log.add(second + 44, shopper, session, "view", partner)
                _buy(world, log, shopper, session, second + 60, partner, liking + 3.0, owned, rng)
        if rng.random() < 0.16:
            break
        options = world.near[anchor]
        options = options[live[options]]
        placement = "similar" if rng.random() < 0.8 else "look"
        if placement == "look":
            others = np.flatnonzero(live & (liking > -5) & (rng.random(len(liking)) < 0.05))
            options = others[
                np.argsort(
                    -(world.taste[others] @ world.taste[anchor] - 0.8 * world.fresh_house[others]), kind="stable"
                )
            ]
        anchor = _shown(world, log, shopper, session, second + 12, placement, options[:8], anchor, liking, rng)


def _shown(
    world: _World,
    log: _Log,
    shopper: int,
    session: int,
    second: float,
    placement: str,
    rows: Any,
    anchor: int,
    liking: Any,
    rng: Rng,
) -> int:
    """Impressions of a list, and the one clicked, or -1."""
    del world
    for position, row in enumerate(rows):
        log.add(second, shopper, session, "impression", int(row), placement, position, anchor)
    for position, row in enumerate(rows):
        look = 1 / (1 + 0.42 * position)
        if rng.random() < 0.62 * look / (1 + np.exp(-(liking[row] - 1.9))):
            log.add(second + 4 + position, shopper, session, "click", int(row), placement, position, anchor)
            return int(row)
    return -1


def _search(
    world: _World, log: _Log, shopper: int, session: int, second: float, liking: Any, live: Any, rng: Rng
) -> tuple[int, float]:
    if rng.random() < 0.07:
        log.add(second, shopper, session, "search", query=str(rng.choice(np.array(EMPTY_SEARCHES, dtype=object))))
        return -1, second
    weights = np.where(live & (liking > -5), np.exp(np.clip(liking, -6, 6) * 0.8), 0.0)
    wish = world.drafts[int(rng.choice(len(weights), p=weights / weights.sum()))]
    noun = wish.kind.type.lower()
    form = int(rng.integers(5))
    query = (
        noun,
        f"{wish.colour[0]} {noun}",
        f"{wish.material[0]} {noun}",
        f"{wish.occasion[0]} {noun}",
        f"{wish.house.name} {noun}".lower(),
    )[form]
    log.add(second, shopper, session, "search", query=query)
    rows = world.by_group[wish.kind.type]
    rows = rows[live[rows] & (liking[rows] > -5)]
    match = np.array(
        [(wish.colour[0] in world.drafts[r].colour) + (wish.material[0] in world.drafts[r].material) for r in rows],
        dtype=float,
    )
    order = rows[np.argsort(-(match + rng.gumbel(0, 0.4, len(rows)) - 1.5 * world.fresh_house[rows]), kind="stable")][
        :8
    ]
    return _shown(world, log, shopper, session, second + 2, "search", order, -1, liking, rng), second + 4


def _buy(
    world: _World,
    log: _Log,
    shopper: int,
    session: int,
    second: float,
    row: int,
    liking: Any,
    owned: set[int],
    rng: Rng,
) -> None:
    d = world.drafts[row]
    sizes = [size for size, left in d.stock.items() if left > 0]
    if not sizes or row in owned:
        return
    size = sizes[int(rng.integers(len(sizes)))]
    log.add(second, shopper, session, "cart", row, size=size, price=d.price)
    if rng.random() > 0.62:
        return
    owned.add(row)
    log.add(second + 90, shopper, session, "purchase", row, size=size, price=d.price)
    arrives = second + rng.uniform(2, 6) * 86400
    back = rng.random() < (0.21 if len(d.stock) > 1 else 0.07) - 0.03 * np.clip(liking[row] - 3, 0, 2)
    if back:
        when = arrives + rng.uniform(1, 9) * 86400
        if when < -60:
            log.add(
                when,
                shopper,
                session,
                "return",
                row,
                size=size,
                price=d.price,
                text=RETURN_REASONS[
                    int(rng.integers(len(RETURN_REASONS) if len(d.stock) > 1 else 4))
                    if len(d.stock) > 1
                    else int(rng.integers(2, 6))
                ],
            )
    if rng.random() < 0.22:
        when = arrives + rng.uniform(2, 14) * 86400
        if when < -60:
            rating = int(np.clip(round(rng.normal(2.2 if back else 4.4, 0.8)), 1, 5))
            log.add(
                when,
                shopper,
                session,
                "review",
                row,
                rating=rating,
                text=REVIEWS[rating][int(rng.integers(len(REVIEWS[rating])))],
            )


def _frame(log: _Log, world: _World) -> pd.DataFrame:
    frame = pd.DataFrame(log.rows, columns=list(COLUMNS))
    frame = frame[(frame["second"] < 0) & (frame["second"] >= -DAYS * 86400)]
    # the last event lies late on the day before the anchor day
    frame["second"] = frame["second"] - max(0, int(frame["second"].max()) + 60)
    frame = frame.sort_values(["second", "session"], kind="stable").reset_index(drop=True)
    ids: Any = np.array([*(d.id for d in world.drafts), None], dtype=object)  # row -1 is nothing

    people: Any = np.array([f"s{number:04d}" for number in range(int(frame["shopper"].max()) + 1)], dtype=object)

    def named(rows: pd.Series) -> Any:
        return ids[rows.to_numpy(dtype=np.int64)]

    out = pd.DataFrame(
        {
            "second": frame["second"].astype("int32"),
            "shopper": pd.Categorical(people[frame["shopper"].to_numpy(dtype=np.int64)], categories=people),
            "session": frame["session"].astype("int32"),
            "kind": pd.Categorical(frame["kind"], categories=list(KINDS)),
            "item": pd.Categorical(named(frame["item"]), categories=ids[:-1]),
            "placement": pd.Categorical(frame["placement"].replace("", None), categories=list(PLACEMENTS)),
            "position": frame["position"].astype("int8"),
            "anchor": pd.Categorical(named(frame["anchor"]), categories=ids[:-1]),
            "query": pd.Categorical(frame["query"].replace("", None)),
            "size": pd.Categorical(frame["size"].replace("", None)),
            "price": frame["price"].astype("int32"),
            "rating": frame["rating"].astype("int8"),
            "text": pd.Categorical(frame["text"].replace("", None)),
        }
    )
    return out
