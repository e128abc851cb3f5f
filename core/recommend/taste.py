"""What a shopper likes: what they did, weighed by how much it says and how long ago it was, as one interest or several.

    weight of an act = strength · 0.5^(age / 30 days)

A purchase says more than a cart, a cart more than a wish, a wish more than a look; what was sent back counts against.
In the visit that is going on, an act also weighs less the more was done after it, and the visit as a whole counts the
more the longer it is: it is what the shopper is here for today.

A short history is one vector. A longer one is parted into interests around products of its own (k-medoids), because
the middle between a winter coat and a swimsuit is a product that nobody wants.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from core.domain.arrays import Codes, Matrix, Rows, Scores
from core.domain.catalogue import Item
from core.domain.events import STRENGTH, WISHLIST_STRENGTH
from core.domain.shoppers import History, Person
from core.domain.strategy import DEFAULT_WEIGHTS
from core.rank.signals import VectorSignal
from core.recommend.view import View

HALF_LIFE_DAYS = 30.0
IDLE = timedelta(minutes=30)  # without an act for so long, a visit is over
FADE = 0.85  # what an act of this visit keeps of its weight with each moment after it
VISIT = 3.0  # acts that a visit needs to count for half of the taste
SHORT = 5  # fewer products than that are one interest
MOST_INTERESTS = 5
MOST_ITEMS = 60  # of a history that interests are made of, the weightiest
ALIKE = 1.0  # deviations: products all of which are so much closer to one of them than any two are one interest
AWAY = 0.75  # how far an interest moves away from what was sent back or is not liked, as in steering by example
HALF = 0.5  # a detail belongs to a taste when more than this share of its products has it
LIKED, NOW = "liked", "visit"  # where an interest comes from: from what was done before, in the visit that is going on,
STYLE, OTHERS = "style", "others"  # from the answers to the quiz, from shoppers with a similar taste


# -- weights of acts --------------------------------------------------------------------------------------------------


def decay(age_days: Scores | float, half_life_days: float = HALF_LIFE_DAYS) -> Scores:
    """What is left of a weight after `age_days`: half after each half-life, and never more than all.

    >>> decay(np.array([0.0, 30.0, 60.0, -5.0])).tolist()
    [1.0, 0.5, 0.25, 1.0]
    """
    if half_life_days <= 0:
        raise ValueError(f"a half-life of {half_life_days} days is none")
    out: Scores = 0.5 ** (np.maximum(np.asarray(age_days, dtype=np.float64), 0.0) / half_life_days)
    return out


def act_weights(history: History, at: datetime, half_life_days: float = HALF_LIFE_DAYS) -> Scores:
    """[m] what each act of a history says at `at`; 0 for what says nothing of taste, below 0 for what says no."""
    strength = np.array([STRENGTH.get(kind, 0.0) for kind in history.kinds], dtype=np.float64)
    age = np.array([(at - moment) / timedelta(days=1) for moment in history.moments], dtype=np.float64)
    out: Scores = strength * decay(age, half_life_days)
    return out


def visit_now(history: History, at: datetime) -> Rows:
    """[m] positions of the acts of the visit that is going on at `at`; none where the last one is over.

    Acts without a visit belong to it while none is further than half an hour from the next.
    """
    acts = [n for n, kind in enumerate(history.kinds) if kind in STRENGTH and history.items[n] is not None]
    if not acts or at - history.moments[acts[-1]] > IDLE:
        return np.empty(0, dtype=np.int64)
    session, found = history.sessions[acts[-1]], [acts[-1]]
    for n in reversed(acts[:-1]):
        same = history.sessions[n] == session
        near = history.moments[found[-1]] - history.moments[n] <= IDLE
        if not same or (session < 0 and not near):
            break
        found.append(n)
    return np.array(found[::-1], dtype=np.int64)


def visit_weights(history: History, now: Rows) -> Scores:
    """[v] what the acts `now` of this visit say: their strength, less the more moments came after. Order of acts at
    one moment does not count."""
    moments = [history.moments[n] for n in now.tolist()]
    later = {moment: after for after, moment in enumerate(sorted(set(moments), reverse=True))}
    strength = np.array([STRENGTH[history.kinds[n]] for n in now.tolist()], dtype=np.float64)
    out: Scores = strength * FADE ** np.array([later[moment] for moment in moments], dtype=np.float64)
    return out


@dataclass(frozen=True)
class Liked:
    """What a shopper likes and does not, item by item.

    likes:  item -> share > 0; they sum to 1, where there are any.    away: item -> weight > 0, on the same scale.
    acts:   how many acts and wishes there are that say something.
    before, today: the same as `likes`, of what was done without this visit, and of this visit alone.
    visit:  the share of this visit in `likes`.    now: the products of this visit, the last one last.
    """

    likes: Mapping[str, float] = field(default_factory=dict)
    away: Mapping[str, float] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    today: Mapping[str, float] = field(default_factory=dict)
    acts: int = 0
    visit: float = 0.0
    now: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.likes)


def liked(person: Person, at: datetime, half_life_days: float = HALF_LIFE_DAYS) -> Liked:
    """What everything that a shopper did and wished for comes to at `at`.

    Wishes do not fade: they stand until they are taken back. What is disliked takes the place of what was done with it.
    """
    history, weights = person.history, act_weights(person.history, at, half_life_days)
    disliked = set(person.dislikes.items)
    now = visit_now(history, at)
    going_on = frozenset(now.tolist())
    total = _summed((history.items[n], weight) for n, weight in enumerate(weights.tolist()) if n not in going_on)
    for item in sorted(person.shopper.wishlist):
        total[item] = total.get(item, 0.0) + WISHLIST_STRENGTH
    for item in sorted(disliked):
        total[item] = min(total.get(item, 0.0), 0.0) - WISHLIST_STRENGTH
    today = _summed(zip((history.items[n] for n in now.tolist()), visit_weights(history, now).tolist(), strict=True))
    today = {item: weight for item, weight in today.items() if item not in disliked}
    before, now_likes = _shares(total), _shares(today)
    share = 0.0 if not now_likes else 1.0 if not before else len(now) / (len(now) + VISIT)
    likes = {
        item: (1 - share) * before.get(item, 0.0) + share * now_likes.get(item, 0.0)
        for item in sorted({*before, *now_likes})
    }
    scale = math.fsum(weight for weight in total.values() if weight > 0) or 1.0
    away = {
        item: -weight / scale for item, weight in sorted({**today, **total}.items()) if weight < 0 and item not in likes
    }
    says = sum(1 for weight in weights.tolist() if weight > 0) + len(person.shopper.wishlist)
    return Liked(likes, away, before, now_likes, says, share, _in_order(history, now))


def _summed(acts: Iterable[tuple[str | None, float]]) -> dict[str, float]:
    """Item -> sum of its weights, whatever order they come in."""
    total: dict[str, float] = {}
    for item, weight in sorted(((item, weight) for item, weight in acts if item is not None and weight)):
        total[item] = total.get(item, 0.0) + weight
    return total


def _shares(total: Mapping[str, float]) -> dict[str, float]:
    """What is above 0, as shares of the sum."""
    whole = math.fsum(weight for weight in total.values() if weight > 0)
    return {item: weight / whole for item, weight in total.items() if weight > 0}


def _in_order(history: History, now: Rows) -> tuple[str, ...]:
    """The products of the acts `now`, by when each was acted on last; of one moment, in order of id."""
    last = {item: history.moments[n] for n in now.tolist() if (item := history.items[n]) is not None}
    return tuple(sorted(last, key=lambda item: (last[item], item)))


# -- tastes as vectors and details ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Taste:
    """What products stand for a shopper, and how much each counts.

    shares:  item -> share; they sum to 1.
    vectors: signal -> unit vector [d].
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    vectors: Mapping[str, Scores] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.shares)


def centre(view: View, items: Sequence[str]) -> Taste:
    """The taste of some products that count alike; those that are gone from the catalogue do not count."""
    there = [item for item in dict.fromkeys(items) if item in view.catalogue]
    return weighed(view, dict.fromkeys(there, 1 / len(there))) if there else Taste()


def weighed(view: View, shares: Mapping[str, float], away: Mapping[str, float] | None = None) -> Taste:
    """The taste of products of the catalogue: in each signal, the unit vector of their weighted sum, moved away from
    the products of `away`.

    shares: item -> share; they sum to 1.    away: item -> weight on the same scale, at most 1 of each counts.
    """
    against, vectors = away or {}, {}
    for name, signal in view.signals.items():
        if not isinstance(signal, VectorSignal):
            continue
        parts = [(share, item) for item, share in shares.items()]
        parts += [(-AWAY * min(weight, 1.0), item) for item, weight in against.items()]
        rows = view.catalogue.rows([item for _, item in parts])
        known = signal.present[rows]
        weights = np.array([weight for weight, _ in parts])[known]
        if not (weights > 0).any():
            continue
        summed = _unit((weights[:, None] * signal.vectors[rows[known]].astype(np.float64)).sum(axis=0))
        if summed is not None:
            vectors[name] = summed
    return Taste(dict(shares), vectors)


def mixed(parts: Sequence[tuple[float, Taste]]) -> Taste:
    """Tastes joined: in each signal the unit vector of the weighted sum of their unit vectors, in shares the weighted
    sum. A taste that knows nothing leaves its weight to the others."""
    parts = [(weight, taste) for weight, taste in parts if taste and weight > 0]
    total = math.fsum(weight for weight, _ in parts)
    shares: dict[str, float] = {}
    for weight, taste in parts:
        for item, share in taste.shares.items():
            shares[item] = shares.get(item, 0.0) + weight / total * share
    vectors = {}
    for name in sorted({name for _, taste in parts for name in taste.vectors}):
        known = [weight * taste.vectors[name] for weight, taste in parts if name in taste.vectors]
        joined = _unit(np.sum(known, axis=0))
        if joined is not None:
            vectors[name] = joined
    return Taste(shares, vectors)


def _unit(vector: Scores) -> Scores | None:
    length = math.sqrt(float((vector * vector).sum()))
    return vector / length if length > 1e-9 else None


def as_item(view: View, taste: Taste) -> Item:
    """The details that more than half of a taste share, as a product that is in no shop; its price is the median."""
    items = [(view.catalogue.item(item), share) for item, share in sorted(taste.shares.items())]

    def shared(values: Iterator[tuple[str, float]]) -> tuple[str, ...]:
        votes: dict[str, float] = {}
        for value, share in values:
            votes[value] = votes.get(value, 0.0) + share
        return tuple(value for value, votes_ in votes.items() if votes_ > HALF + 1e-9)

    def one(name: str) -> str | None:
        found = shared((getattr(item, name), share) for item, share in items if getattr(item, name) is not None)
        return found[0] if found else None

    def some(name: str) -> tuple[str, ...]:
        return shared((value, share) for item, share in items for value in getattr(item, name))

    path: list[str] = []
    for depth in range(max((len(item.category) for item, _ in items), default=0)):
        longer = shared(
            (item.category[depth], share)
            for item, share in items
            if item.category[:depth] == tuple(path) and len(item.category) > depth
        )
        path += longer[:1]
        if not longer:
            break
    tier = shared((str(item.brand_tier), share) for item, share in items if item.brand_tier is not None)
    return Item(
        id="", category=tuple(path), type=one("type") if path else None, colour=some("colour"),
        material=some("material"), pattern=one("pattern"), occasion=some("occasion"), season=some("season"),
        brand_tier=int(tier[0]) if tier else None, price=_median(items),
    )  # fmt: skip


def _median(items: Sequence[tuple[Item, float]]) -> int | None:
    """The price at which half of the shares are reached; None where no price is known."""
    priced = sorted((item.price, share) for item, share in items if item.price is not None)
    half, reached = math.fsum(share for _, share in priced) / 2, 0.0
    for price, share in priced:
        reached += share
        if reached >= half - 1e-12:
            return price
    return None


# -- interests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Interest:
    """One thing that a shopper is interested in.

    share:  of the whole taste; those of all interests sum to 1.    medoid: the product in its middle.
    items:  (id, share of the whole taste), the weightiest first.
    source: `LIKED`, `NOW`, `STYLE` or `OTHERS`.    label: what its products have in common, in the shop's words.
    """

    share: float
    medoid: str
    items: tuple[tuple[str, float], ...]
    taste: Taste
    source: str = LIKED
    label: str = ""

    def scaled(self, by: float) -> Interest:
        """The same with its share of the taste multiplied."""
        return replace(self, share=self.share * by, items=tuple((item, share * by) for item, share in self.items))

    def as_json(self) -> dict[str, object]:
        return {
            "share": round(self.share, 9), "medoid": self.medoid, "label": self.label, "source": self.source,
            "items": [{"id": item, "share": round(share, 9)} for item, share in self.items],
        }  # fmt: skip


def interests(view: View, liked: Liked, source: str = LIKED, *, whole: float = 1.0) -> tuple[Interest, ...]:
    """The interests that products are signs of, the largest first; products that are gone say nothing.

    whole: the share of the taste that they make up together.
    """
    known = {item: share for item, share in liked.likes.items() if item in view.catalogue}
    if not known:
        return ()
    kept = sorted(known, key=lambda item: (-round(known[item], 12), item))[:MOST_ITEMS]
    kept.sort()
    total = math.fsum(known[item] for item in kept)
    shares = np.array([known[item] / total for item in kept])
    rows = view.catalogue.rows(kept)
    near = closeness(view, rows)
    codes, medoids = parted(near, shares)
    away = {item: weight for item, weight in liked.away.items() if item in view.catalogue}
    owner = _owners(view, rows, codes, away)
    found = []
    for code, medoid in enumerate(medoids.tolist()):
        mine = np.flatnonzero(codes == code)
        share = math.fsum(shares[mine].tolist())
        items = {kept[n]: shares[n] / share for n in mine.tolist()}
        against = {item: weight / share for item, weight in away.items() if owner[item] == code}
        taste = weighed(view, items, against)
        listed = sorted(items, key=lambda item: (-round(items[item], 12), item))
        found.append(
            Interest(
                share * whole, kept[medoid], tuple((item, items[item] * share * whole) for item in listed), taste,
                source, label(as_item(view, taste)),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-round(one.share, 12), one.medoid)))


def all_interests(view: View, liked: Liked) -> tuple[Interest, ...]:
    """What a shopper likes as interests, those of this visit apart from those of before."""
    found = [
        *interests(view, replace(liked, likes=liked.before), whole=1 - liked.visit),
        *interests(view, replace(liked, likes=liked.today), NOW, whole=liked.visit),
    ]
    total = math.fsum(one.share for one in found)  # what is gone from the catalogue leaves its share to the rest
    return tuple(sorted((one.scaled(1 / total) for one in found), key=lambda one: (-round(one.share, 12), one.medoid)))


def closeness(view: View, rows: Rows) -> Matrix:
    """[m, m] how close products are to each other, in deviations over the pairs of the shop, by words, picture and
    details as the house weighs them; 0 where nothing compares two."""
    total, weight = np.zeros((len(rows), len(rows))), np.zeros((len(rows), len(rows)))
    for name, share in DEFAULT_WEIGHTS.items():
        signal = view.signals.get(name)
        if signal is None or not view.calibration.has("item", name):
            continue
        raw = signal.exact(signal.of_rows(rows), np.broadcast_to(rows, (len(rows), len(rows))))
        both = signal.present[rows][:, None] & signal.present[rows][None, :]
        total += np.where(both, share * view.calibration.z("item", name, raw), 0.0)
        weight += np.where(both, share, 0.0)
    out: Matrix = total / np.where(weight > 0, weight, 1.0)
    return (out + out.T) / 2


def parted(near: Matrix, shares: Scores) -> tuple[Codes, Rows]:
    """The interests of products: [m] which each is of, and [k] the product in the middle of each.

    near: [m, m] closeness.    shares: [m] > 0.
    Few products, and products that are all alike, are one. Of two to five, the number with the best silhouette.
    """
    size = len(shares)
    everyone = np.arange(size)
    one = np.zeros(size, dtype=np.int32), medoids(near, shares, 1)
    if size < SHORT:
        return one
    if float(near[:, one[1][0]].min()) >= ALIKE:
        return one
    best, chosen = -np.inf, one
    for k in range(2, min(MOST_INTERESTS, size // 2) + 1):
        middle = medoids(near, shares, k)
        codes = np.argmax(np.round(near[:, middle], 9), axis=1).astype(np.int32)
        codes[middle] = np.arange(k)
        worth = round(silhouette(near, codes, shares), 9)
        if worth > best:
            best, chosen = worth, (codes, everyone[middle])
    return chosen


def medoids(near: Matrix, shares: Scores, k: int) -> Rows:
    """[k] the products that lie closest to all others, each counted with the one of them that it is closest to.

    Kaufman and Rousseeuw's PAM: built greedily, then swapped while that helps. Ties go to the lower position.
    """
    size = len(shares)
    far = np.round(near.max() - near, 9)
    np.fill_diagonal(far, 0.0)
    chosen: list[int] = []
    nearest = np.full(size, np.inf)
    for _ in range(min(k, size)):
        cost = (shares[:, None] * np.minimum(far, nearest[:, None])).sum(axis=0)
        cost[chosen] = np.inf
        chosen.append(int(np.argmin(np.round(cost, 9))))
        nearest = np.minimum(nearest, far[:, chosen[-1]])
    cost_now = float((shares * nearest).sum())
    for _ in range(20):
        best, swap = cost_now, None
        for out in range(len(chosen)):
            rest = [one for n, one in enumerate(chosen) if n != out]
            without = far[:, rest].min(axis=1) if rest else np.full(size, np.inf)
            cost = (shares[:, None] * np.minimum(far, without[:, None])).sum(axis=0)
            cost[chosen] = np.inf
            into = int(np.argmin(np.round(cost, 9)))
            if cost[into] < best - 1e-9:
                best, swap = float(cost[into]), (out, into)
        if swap is None:
            break
        chosen[swap[0]], cost_now = swap[1], best
    return np.array(sorted(chosen), dtype=np.int64)


def silhouette(near: Matrix, codes: Codes, shares: Scores) -> float:
    """How well parted products are, -1 to 1: Rousseeuw's silhouette, each product counted by its share.

    A product alone in its part counts 0.
    """
    far = near.max() - near
    np.fill_diagonal(far, 0.0)
    of = [codes == code for code in range(int(codes.max()) + 1)]
    mean = np.stack(
        [far[:, mine].sum(axis=1) / np.maximum(mine.sum() - (codes == code), 1) for code, mine in enumerate(of)]
    )
    own = mean[codes, np.arange(len(codes))]
    mean[codes, np.arange(len(codes))] = np.inf
    other = mean.min(axis=0)
    alone = np.array([of[code].sum() == 1 for code in codes.tolist()])
    worth = np.where(alone, 0.0, (other - own) / np.maximum(np.maximum(own, other), 1e-12))
    return float((worth * shares).sum() / shares.sum())


def _owners(view: View, rows: Rows, codes: Codes, away: Mapping[str, float]) -> dict[str, int]:
    """For each product that counts against, the interest with the product it is closest to."""
    out = {}
    for item in away:
        beside = closeness(view, np.append(rows, view.catalogue.row(item)))[-1, :-1]
        out[item] = int(codes[int(np.argmax(np.round(beside, 9)))])
    return out


def label(shared: Item) -> str:
    """What the products of a taste have in common, in a few words: "black boots", "wool knitwear", "Aurel".

    >>> label(Item("", type="Boots", category=("Shoes", "Boots"), colour=("black",), material=("leather",)))
    'black boots'
    """
    kind = shared.type or (shared.category[-1] if shared.category else "")
    stuff = shared.colour[:1] or shared.material[:1] or ((shared.pattern,) if shared.pattern else ())
    words = [*stuff, kind] if kind else [*stuff, *shared.occasion[:1], *shared.season[:1]]
    return " ".join(word for word in words if word).lower()
