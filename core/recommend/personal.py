"""What a shopper changes in any list: what may not be shown to them, what they wished for, and where they are just now.

What is owned, not for them, gone in their size, or of a kind that was bought lately and is bought once leaves before
ranking, with its reason. Wishes and the context of a visit nudge: they move a product by a quarter of a score, never
more, so that they order what fits and bring in nothing that does not.
"""

from __future__ import annotations

import re
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from core.domain.arrays import Mask, Rows, Scores
from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.shoppers import Context, History, Person, Shopper
from core.rank.twins import Identity
from core.recommend.filters import indexed
from core.recommend.taste import Liked
from core.recommend.view import View

REST = timedelta(days=45)  # how long a kind that is bought once rests after a purchase
ONE_OFF = frozenset({
    "coat", "jacket", "parka", "anorak", "bomber", "trench", "blazer", "suit", "tuxedo", "gown", "bag", "handbag",
    "tote", "clutch", "backpack", "rucksack", "satchel", "luggage", "suitcase", "trolley", "wallet", "holder", "belt",
    "watch", "ring", "necklace", "brooch", "sunglasses", "glasses", "frame", "boot", "umbrella", "hat", "swimsuit",
    "wellington", "pram", "mattress", "sofa", "bed", "table", "lamp", "fridge", "oven", "kettle", "camera", "phone",
    "laptop", "tablet", "television", "bicycle", "bike", "tent",
})  # fmt: skip
SOME = 0.1  # share of what is liked that an audience needs to be shopped for

FOLLOWED = 0.2  # a house that is followed
OCCASION, OTHER_OCCASION = 0.35, -0.15
SEASON, OTHER_SEASON = 0.2, -0.25
LEAN, STEEP, FEW = 0.15, 4.0, 5.0  # of what is worn all year: at most, at a quarter more than usual; shrunk by so many
PLACE, HOUR, PICTURED = 0.1, 0.05, 0.05
MOST = 0.9  # that all nudges together move a product
SEASONS = ("winter", "spring", "summer", "autumn")
SAME_SEASON = {"fall": "autumn", "fall/winter": "autumn", "ss": "summer", "aw": "winter", "fw": "winter"}
SOUTH = frozenset({
    "ar", "argentina", "au", "australia", "bo", "bolivia", "br", "brazil", "bw", "botswana", "cl", "chile", "nz",
    "new zealand", "na", "namibia", "pe", "peru", "py", "paraguay", "uy", "uruguay", "za", "south africa", "zw",
    "zimbabwe", "sydney", "melbourne", "auckland", "buenos aires", "santiago", "cape town", "johannesburg",
    "são paulo", "sao paulo",
})  # fmt: skip
EVENING, WORKDAY, WEEKEND = ("evening", "party"), ("work", "day"), ("weekend", "day")


NOBODY = "s_" + "0" * 24  # the hash of nobody: of whom nothing is known, or nothing may be


def stranger(given: Person | None = None) -> Person:
    """Somebody of whom nothing is known or may be, where they are nonetheless."""
    return Person(Shopper(NOBODY), History(), Context() if given is None else given.context)


@dataclass(frozen=True, eq=False)
class Bars:
    """What may not be shown to a shopper. mask: [n].    why: rows of it -> the reason of each, in words."""

    mask: Mask
    why: Callable[[Rows], list[str]]


def bars(view: View, person: Person, at: datetime) -> Bars:
    """What a shopper owns, does not like, cannot wear, or bought one of lately."""
    parts = _Barred(view, person, at)
    return Bars(np.logical_or.reduce([mask for mask, _ in parts.all]), parts.why)


def disliked(view: View, person: Person) -> Mask:
    """[n] what the shopper said is not for them: products with their colourways, colours, houses."""
    return _Barred(view, person, None).not_for_me


@dataclass(frozen=True, eq=False)
class _Barred:
    view: View
    person: Person
    at: datetime | None

    @cached_property
    def all(self) -> list[tuple[Mask, Callable[[int], str]]]:
        return [
            (self.not_for_me, lambda row: "the shopper said it is not for them"),
            (self.owned, lambda row: "the shopper has it, or its twin"),
            (self.resting[0], lambda row: self.resting[1][int(self.view.identity.kind[row])]),
            (self.gone_in_size, lambda row: "it is gone in the shopper's size"),
        ]

    def why(self, rows: Rows) -> list[str]:
        return [next((said(row) for mask, said in self.all if mask[row]), "it may be shown") for row in rows.tolist()]

    @cached_property
    def not_for_me(self) -> Mask:
        said = self.person.dislikes
        mask, index = np.zeros(len(self.view), dtype=bool), indexed(self.view.catalogue)
        for item in said.items:
            if item in self.view.catalogue:
                mask[self.view.family_of(self.view.catalogue.row(item))] = True
        for name, values in (("colour", said.colours), ("brand", said.houses)):
            wanted = {_plain(value) for value in values}
            if wanted:
                mask |= index.matching(name, lambda words, wanted=wanted: any(_plain(one) in wanted for one in words))  # type: ignore[misc]
        return mask

    @cached_property
    def bought(self) -> dict[str, datetime]:
        """Products that were bought and not sent back -> when last."""
        history, pieces = self.person.history, Counter[str]()
        last: dict[str, datetime] = {}
        for item, kind, moment, count in zip(
            history.items, history.kinds, history.moments, history.quantities, strict=True
        ):
            if item is not None and kind in ("purchase", "return"):
                pieces[item] += count if kind == "purchase" else -count
                if kind == "purchase":
                    last[item] = moment
        return {item: last[item] for item, count in pieces.items() if count > 0 and item in last}

    @cached_property
    def owned(self) -> Mask:
        view, mask = self.view, np.zeros(len(self.view), dtype=bool)
        for item in self.bought:
            if item in view.catalogue:
                mask |= same_product(view, view.catalogue.row(item))
        return mask

    @cached_property
    def resting(self) -> tuple[Mask, dict[int, str]]:
        """[n] products of kinds that rest, and why, by the code of the kind."""
        view, said = self.view, dict[int, str]()
        for item, moment in sorted(self.bought.items(), key=lambda pair: (pair[1], pair[0])):
            if self.at is None or item not in view.catalogue or not moment <= self.at < moment + REST:
                continue
            row = view.catalogue.row(item)
            kind, code = view.catalogue.column("type")[row], int(view.identity.kind[row])
            if code >= 0 and bought_once(kind):
                until = (moment + REST).date().isoformat()
                said[code] = (
                    f"{str(kind).lower()}: one was bought on {moment.date().isoformat()}, so they rest to {until}"
                )
        return np.isin(view.identity.kind, list(said)) if said else np.zeros(len(view), dtype=bool), said

    @cached_property
    def gone_in_size(self) -> Mask:
        view, mask = self.view, np.zeros(len(self.view), dtype=bool)
        index = indexed(view.catalogue)
        for kind, size in self.person.shopper.sizes.items():
            wanted, worn = _plain(kind), _plain(size)
            mine = np.zeros(len(view), dtype=bool)
            for name in ("type", "category"):
                mine |= index.matching(name, lambda words, wanted=wanted: any(_plain(one) == wanted for one in words))  # type: ignore[misc]
            stock = view.catalogue.column("stock")
            for row in np.flatnonzero(mine).tolist():
                left = {_plain(name): count for name, count in (stock[row] or {}).items()}
                mask[row] = left.get(worn, 1) <= 0
        return mask


def same_product(view: View, row: int) -> Mask:
    """[n] a product, its colourways and its twins."""
    kept = _same.setdefault(view.identity, {})
    if row not in kept:
        same = view.identity
        near = ((same.kind == same.kind[row]) & (same.brand == same.brand[row])) | (
            (same.picture == same.picture[row]) & (same.picture >= 0)
        )
        others = np.flatnonzero(near)
        twins = others[same.pairs(np.full(len(others), row), others)]
        kept[row] = np.unique(np.concatenate([view.family_of(row), twins, [row]]))
    mask = np.zeros(len(view), dtype=bool)
    mask[kept[row]] = True
    return mask


_same: weakref.WeakKeyDictionary[Identity, dict[int, Rows]] = weakref.WeakKeyDictionary()


def bought_once(kind: str | None) -> bool:
    """Whether people buy one of a kind and then none for a while.

    >>> bought_once("Wool coats"), bought_once("T-shirts"), bought_once("Sunglasses"), bought_once(None)
    (True, False, True, False)
    """
    words = re.findall(r"[^\W\d_]+", (kind or "").casefold())
    return any(
        word in ONE_OFF or word.removesuffix("s") in ONE_OFF or word.removesuffix("es") in ONE_OFF for word in words
    )


def shopped_for(view: View, liked: Liked) -> tuple[str, ...]:
    """The audiences that what is liked is for; none where that is unknown. What is for all says nothing."""
    votes = Counter[str]()
    for item, share in sorted(liked.likes.items()):
        if item in view.catalogue and (code := int(view.audience[view.catalogue.row(item)])) >= 0:
            votes[AUDIENCES[code]] += share  # type: ignore[assignment]
    votes.pop("unisex", None)
    total = sum(votes.values())
    return tuple(sorted(name for name, share in votes.items() if share >= SOME * total)) if total else ()


def nudges(view: View, person: Person, at: datetime) -> dict[str, Scores]:
    """What moves products besides taste: "wishes" and "context" -> [n] how far, in units of score."""
    found = {}
    if person.shopper.followed:
        wanted = {_plain(one) for one in person.shopper.followed}
        here = indexed(view.catalogue).matching("brand", lambda words: any(_plain(one) in wanted for one in words))
        found["wishes"] = np.where(here, FOLLOWED, 0.0)
    if person.context:
        moved = context_nudge(view, person.context, at)
        if moved.any():
            found["context"] = moved
    return found


def context_nudge(view: View, context: Context, at: datetime) -> Scores:
    """[n] how far the hour, device, season, place and occasion of a visit move each product."""
    total = np.zeros(len(view))
    if context.occasion is not None:
        total += _match(view, ("occasion", "tags"), (context.occasion,), OCCASION, OTHER_OCCASION)
    if (season := season_of(context, at)) is not None:
        total += season_nudge(view.catalogue, season)
    if context.place is not None:
        total += _match(view, ("occasion", "tags"), tuple(re.split(r"[,;/]\s*", context.place)), PLACE, 0.0)
    if context.hour is not None:
        weekend = at.weekday() >= 5
        fitting = EVENING if context.hour >= 18 or context.hour < 4 else WEEKEND if weekend else WORKDAY
        total += _match(view, ("occasion",), fitting, HOUR, 0.0)
    if context.device == "phone":  # a small screen shows the picture and little else
        total += np.where(view.catalogue.has_pictures(), PICTURED, -PICTURED)
    return np.clip(total, -MOST, MOST)


def season_nudge(catalogue: Catalogue, season: str) -> Scores:
    """[n] how far a season moves each product.

    What is made for some seasons is raised or lowered by whether this is one of them. What is worn all year, or says
    nothing, leans as the shop's seasonal products of its colours and materials do: linen to summer, velvet to winter.
    What is no season, and none of the catalogue's, moves nothing.
    """
    kept = _leans.setdefault(catalogue, {})
    if season in kept:
        return kept[season]
    said = {_plain(one) for words in indexed(catalogue).of("season")[1] for one in words}
    if season not in {*SEASONS, *said, *(SAME_SEASON.get(one, one) for one in said)}:
        return np.zeros(len(catalogue))  # no season that anybody here knows; nothing is kept of what anybody may type
    seasons = [{SAME_SEASON.get(_plain(one), _plain(one)) for one in some} for some in catalogue.column("season")]
    some = np.array([0 < len(one & {*SEASONS}) < len(SEASONS) for one in seasons], dtype=bool)
    here = np.array([season in one for one in seasons], dtype=bool)
    usual = float(here[some].mean()) if some.any() else 0.0
    lean, fields = np.zeros(len(catalogue)), np.zeros(len(catalogue))
    for name in ("colour", "material"):
        values = [sorted({_plain(one) for one in words}) for words in catalogue.column(name)]
        count, fitting = Counter[str](), Counter[str]()
        for row in np.flatnonzero(some).tolist():
            count.update(values[row])
            fitting.update(values[row] if here[row] else ())
        rate = {word: (fitting[word] + usual * FEW) / (count[word] + FEW) - usual for word in count}
        for row, words in enumerate(values):
            if words:
                lean[row] += sum(rate.get(word, 0.0) for word in words) / len(words)
                fields[row] += 1
    leaning = np.clip(lean / np.maximum(fields, 1) * STEEP, -1.0, 1.0) * LEAN
    out: Scores = np.where(some, np.where(here, SEASON, OTHER_SEASON), leaning)
    kept[season] = out
    return out


_leans: weakref.WeakKeyDictionary[Catalogue, dict[str, Scores]] = weakref.WeakKeyDictionary()


def season_of(context: Context, at: datetime) -> str | None:
    """The season that a context speaks of: the one it names, else that of its place at `at`; None without either.

    >>> [season_of(Context(place=place), datetime(2026, 1, 15)) for place in ("Sydney", "Paris")]
    ['summer', 'winter']
    """
    if context.season is not None:
        named = _plain(context.season)
        return SAME_SEASON.get(named, named)
    if context.place is None:
        return None
    south = any(_plain(part) in SOUTH for part in re.split(r"[,;/]\s*", context.place))
    return SEASONS[(at.month % 12 // 3 + (2 if south else 0)) % 4]


def context_words(context: Context, at: datetime) -> str:
    """What of a context moved a list, for people."""
    season = season_of(context, at)
    said = [context.occasion, season, context.place]
    said += [f"{context.hour}:00" if context.hour is not None else None, context.device]
    return ", ".join(one for one in said if one)


def _match(view: View, fields: tuple[str, ...], values: tuple[str, ...], yes: float, no: float) -> Scores:
    """[n] `yes` for products with one of `values` in one of the fields, `no` for others of whom the first is known."""
    index, wanted = indexed(view.catalogue), {_plain(value) for value in values}
    here, known = np.zeros(len(view), dtype=bool), index.matching(fields[0], bool)
    for name in fields:
        here |= index.matching(name, lambda words: any(_plain(one) in wanted for one in words))
    return np.where(here, yes, np.where(known, no, 0.0))


def leaning(rows: Rows, amounts: Scores) -> Rows:
    """`rows` [m] in an order of their own, moved a little: places count as normal scores, to which `amounts` [m] add.

    >>> leaning(np.array([7, 3, 9]), np.array([0.0, 0.0, 0.5])).tolist()
    [7, 9, 3]
    """
    from scipy.special import ndtri

    place = ndtri(1 - (np.arange(len(rows)) + 0.5) / max(1, len(rows)))
    out: Rows = rows[np.argsort(-np.round(place + amounts, 9), kind="stable")]
    return out


def joined(parts: Mapping[str, Scores], count: int) -> Scores:
    """[count] all nudges together, within what they may move."""
    total = np.sum([*parts.values()], axis=0) if parts else np.zeros(count)
    return np.clip(total, -MOST, MOST)


def _plain(text: str) -> str:
    return " ".join(str(text).casefold().split())
