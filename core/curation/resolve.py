"""A rule book over a view: which rules bear on one list, and what they come to, as arrays.

What a rule says of items and anchors is compiled once for a catalogue. For a list, the rules in force at its moment are
looked up, those of its anchor are joined with those of all lists, and the result is kept: lists under the same rules
share it. Only relations to the anchor (same brand, cheaper) are worked out for each anchor.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Mask, Rows, Scores
from core.domain.campaigns import KIND as CAMPAIGN
from core.domain.campaigns import Campaign, under
from core.domain.catalogue import AUDIENCES, Catalogue
from core.domain.collections import KIND as COLLECTION
from core.domain.collections import Collection
from core.domain.errors import BadRequest, SlotTaken
from core.domain.listing import Note
from core.domain.query import Filters, Request
from core.domain.quiz import KIND as QUIZ
from core.domain.quiz import Quiz
from core.domain.rules import (
    MAX_BOOST,
    NOTHING,
    Block,
    BlockedItems,
    Boost,
    BoostedItems,
    Boundary,
    Curation,
    Keep,
    ListBest,
    ListBorder,
    ListQuota,
    OnRows,
    Pin,
    PinBest,
    Quota,
    Rule,
)
from core.domain.sentences import label
from core.rank.signals import margin
from core.recommend.filters import allowed, indexed
from core.recommend.view import View

MOMENTS = 8  # sets of rules in force that are kept: placements, an hour ago, now
KEPT = 256  # combinations of rules whose effect is kept for each
_DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True, eq=False)
class RuleBook:
    """Rules, ready to be laid over a view.

    problems:  published rules that could not be read, each a sentence; they are passed over, and said on every list.
    campaigns: without its campaign, a rule that names one does nothing.
    collections: rules that speak of one of them know what is in it.
    """

    rules: tuple[Rule, ...] = ()
    problems: tuple[str, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    collections: tuple[Collection, ...] = ()

    @classmethod
    def of(cls, plain: Iterable[Mapping[str, Any]]) -> RuleBook:
        """Published rules as they were stored."""
        rules, campaigns, problems = [], [], []
        collections: dict[str, Collection] = {}
        for one in plain:
            try:
                if one.get("kind") == CAMPAIGN:
                    campaigns.append(Campaign.from_json(one))
                elif one.get("kind") == COLLECTION:
                    collection = Collection.from_json(one)
                    collections[collection.id] = collection
                elif one.get("kind") == QUIZ:
                    Quiz.from_json(one)  # lists around products know nothing of it, but for one that cannot be read
                else:
                    rules.append(Rule.from_json(one))
            except BadRequest as error:
                problems.append(error.message)
        known = tuple(rule.knowing(collections) for rule in rules)
        return cls(known, tuple(problems), tuple(campaigns), tuple(collections.values()))

    @cached_property
    def in_campaigns(self) -> tuple[Rule, ...]:
        """The rules as their campaigns let them count, in the same order."""
        return under(self.rules, self.campaigns)

    def on(self, view: View) -> BookOn:
        """The rules over the catalogue of `view`."""
        return BookOn(self, view)


def book_over(plain: Sequence[Mapping[str, Any]], like: View | None) -> BookOn | RuleBook | Curation:
    """Published rules for a view about to be opened; an earlier view lends what it compiled of the same ones."""
    if not plain:
        return NOTHING
    if like is not None and isinstance(like.curation, BookOn) and like.rules == tuple(plain):
        return like.curation
    return RuleBook.of(plain)


def read_book(plain: Iterable[Any], *, made_at: datetime | None = None) -> tuple[Rule, ...]:
    """Rules that somebody wrote. Raises BadRequest for one that makes no sense, or for two with one id."""
    rules = tuple(Rule.from_json(one, made_at=made_at) for one in plain)
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise BadRequest(f"Two rules have the id {rule.id!r}. Give one of them another.")
        seen.add(rule.id)
    return rules


@dataclass(frozen=True, eq=False)
class Compiled:
    """A rule over one catalogue.

    bears:  [n] anchors on whose lists it bears, or None for all lists, those without an anchor included.
    target: [n] what its items and filters match, or None for everything; relations and newness are not in it.
    sides:  [n] of a boundary.
    """

    rule: Rule
    name: str
    bears: Mask | None
    target: Mask | None
    sides: AnyArray | None

    @property
    def relations(self) -> tuple[tuple[str, str], ...]:
        return self.rule.target.relations


@dataclass(frozen=True, eq=False)
class _Words:
    """The words of a field: [n] codes of its distinct values, and word -> the codes of values that have it."""

    codes: AnyArray
    values: Sequence[frozenset[str]]
    holders: Mapping[str, AnyArray]

    def same(self, row: int) -> Mask | None:
        """[n] what shares a word with `row`; None where that is unknown."""
        words = self.values[self.codes[row]]
        if not words:
            return None
        hit = np.zeros(len(self.values), dtype=bool)
        for word in words:
            hit[self.holders[word]] = True
        out: Mask = hit[self.codes]
        return out

    @cached_property
    def known(self) -> Mask:
        out: Mask = np.array([bool(words) for words in self.values], dtype=bool)[self.codes]
        return out


@dataclass(eq=False)
class _Effect:
    """What rules without relations come to together.

    here: [n] what they keep out, without what is kept out everywhere.    dense: [n] the sum of boosts, or None.
    """

    here: Mask | None = None
    dense: Scores | None = None
    quotas: list[tuple[Mask, Compiled]] = field(default_factory=list)
    borders: list[Compiled] = field(default_factory=list)
    places: list[tuple[Compiled, Mask | None]] = field(default_factory=list)
    curations: dict[int, Curation] = field(default_factory=dict)
    placed: tuple[int, tuple[dict[int, str], tuple[ListBest, ...], list[Note]]] | None = None


class BookOn:
    """A rule book over one view: `book(anchor, request)` is the curation of one list."""

    def __init__(self, book: RuleBook, view: View, like: BookOn | None = None) -> None:
        self.book, self.view = book, view
        self._lock = threading.RLock()
        self._moments: OrderedDict[tuple[Any, ...], _Moment] = OrderedDict()
        self._ranks: OrderedDict[tuple[str, bytes], Scores] = OrderedDict()
        self._words: dict[str, _Words] = {}
        self._asked: tuple[Any, _Moment] | None = None
        if like is not None and "compiled" in like.__dict__ and like._speaks_of(view):
            self.__dict__["compiled"] = like.compiled
            self._words = dict(like._words)

    def on(self, view: View) -> BookOn:
        """The same rules over another view; what they match is worked out anew only where they could tell."""
        return BookOn(self.book, view, self)

    @cached_property
    def moments(self) -> AnyArray:
        """[m] datetime64[us]: when rules begin or end, and products grow too old for one that speaks of new ones."""
        rules = [rule for rule in self.book.in_campaigns if not rule.off]
        dates = [date for rule in rules for date in (rule.starts_at, rule.ends_at) if date is not None]
        days = {rule.target.new_days for rule in rules if rule.target.new_days is not None}
        aged = [self._release[~np.isnat(self._release)] + one * _DAY for one in sorted(days)]
        named = [date.astimezone(UTC).replace(tzinfo=None) for date in dates]
        return np.concatenate([np.array(named, dtype="datetime64[us]"), *aged])

    def only(self, rules: Sequence[Rule]) -> BookOn:
        """Some of these rules over the same view; what each matches is not worked out again."""
        some = {rule.id for rule in rules}
        out = BookOn(replace(self.book, rules=tuple(one for one in self.book.rules if one.id in some)), self.view)
        out.__dict__["compiled"] = tuple(one for one in self.compiled if one.rule.id in some)
        out._words, out._ranks = dict(self._words), self._ranks.copy()
        return out

    def __call__(self, anchor: str | None, request: Request) -> Curation:
        if not self.book.rules and not self.book.problems:
            return NOTHING
        return self._moment(request).around(anchor, request)

    def bearing(self, anchor: str | None, request: Request) -> list[Compiled]:
        """The rules that bear on one list, in the order of the book."""
        return [self.compiled[number] for number in sorted(self._moment(request).bearing(anchor, request))]

    def bears(self, number: int, request: Request) -> Mask:
        """[n] anchors on whose lists the rule of that number bears at the moment of `request`."""
        bears, now = self.compiled[number].bears, self._moment(request).hourly.get(number)
        out = np.ones(len(self.view), dtype=bool) if bears is None else bears
        return out if now is None else out & now

    def in_force(self, request: Request) -> tuple[int, ...]:
        """The numbers of the rules that are in force at the moment of `request`, in its placement and language."""
        return self._moment(request).on

    def lasting(self, number: int, request: Request) -> Mask:
        """[n] what the rule of that number matches, whatever its relations to a product."""
        found = self._moment(request).lasting(self.compiled[number])
        return np.ones(len(self.view), dtype=bool) if found is None else found

    def matching(self, number: int, request: Request, row: int) -> Mask:
        """[n] what the rule of that number matches in the list around `row` (-1: in one without a product)."""
        return self._moment(request).matching(self.compiled[number], row)

    def _speaks_of(self, view: View) -> bool:
        """Whether what was compiled holds for `view`: nothing that a rule reads has changed."""
        reads = _reads(self.book.rules)
        return view.snapshot is self.view.snapshot and _part(self.view.facts, reads) == _part(view.facts, reads)

    @cached_property
    def compiled(self) -> tuple[Compiled, ...]:
        """The rules that are on, as their campaigns let them count, in the order of the book."""
        shop = self.view.catalogue
        return tuple(
            self._compile(rule, label(rule, shop.title, shop.currency))
            for rule in self.book.in_campaigns
            if not rule.off
        )

    def _compile(self, rule: Rule, name: str) -> Compiled:
        scope, bears = rule.scope, None
        if scope.anchored or scope.audiences or rule.target.relations:
            bears = np.ones(len(self.view), dtype=bool)
            if scope.anchors:
                bears &= self._items(scope.anchors)
            if scope.anchor_filters:
                bears &= self.passing(scope.anchor_filters)
            if scope.audiences:
                bears &= np.isin(self.view.audience, [AUDIENCES.index(one) for one in scope.audiences])
        target = self._items(rule.target.named) if rule.target.names else None
        if rule.target.filters:
            passed = self.passing(rule.target.filters)
            target = passed if target is None else target & passed
        sides = self._sides(rule.act) if isinstance(rule.act, Boundary) else None
        return Compiled(rule, name, bears, target, sides)

    def _items(self, items: Sequence[str]) -> Mask:
        mask = np.zeros(len(self.view), dtype=bool)
        mask[[self.view.catalogue.row(item) for item in items if item in self.view.catalogue]] = True
        return mask

    def passing(self, filters: Filters) -> Mask:
        """[n] what passes filters, but for stock and state, which change with the hour."""
        fields = {name: values for name, values in filters.fields.items() if name != "state"}
        lasting = Filters(fields, filters.price_from, filters.price_to)
        return allowed(self.view.catalogue, lasting, _NO_MOMENT)

    def _sides(self, act: Boundary) -> AnyArray:
        index = indexed(self.view.catalogue)

        def of(brands: Sequence[str]) -> Mask:
            wanted = {brand.casefold().strip() for brand in brands}
            return index.matching("brand", lambda words: any(word.casefold().strip() in wanted for word in words))

        ours, others = of(act.brands), of(act.others)
        sides = np.zeros(len(self.view), dtype=np.int8)
        sides[~ours & ~others if act.only else others] = 2
        sides[ours] = 1
        return sides

    @cached_property
    def matrix(self) -> tuple[AnyArray, AnyArray]:
        """[m] numbers of the rules that bear on some anchors only, and [n, m] on which."""
        some = [(number, one.bears) for number, one in enumerate(self.compiled) if one.bears is not None]
        table = np.stack([b for _, b in some], axis=1) if some else np.zeros((len(self.view), 0), dtype=bool)
        return np.array([number for number, _ in some], dtype=np.int64), np.ascontiguousarray(table)

    @cached_property
    def sides(self) -> AnyArray:
        """[n, boundaries] the side of each boundary that an item stands on."""
        found = [one.sides for one in self.compiled if one.sides is not None]
        return np.stack(found, axis=1) if found else np.zeros((len(self.view), 0), dtype=np.int8)

    @cached_property
    def _pinned(self) -> Rows:
        catalogue = self.view.catalogue
        items = {item for one in self.compiled if isinstance(one.rule.act, Pin) for item in one.rule.target.items}
        return np.array(sorted(catalogue.row(item) for item in items if item in catalogue), dtype=np.int64)

    # -- a moment ------------------------------------------------------------------------------------------------------

    def _moment(self, request: Request) -> _Moment:
        at = request.at
        if at is None:
            raise ValueError("a request below the door has its moment")
        asked = (at, request.placement, request.locale)
        known = self._asked  # many lists are asked with one request
        if known is not None and known[0] == asked:
            return known[1]
        found = self._moment_of(request, at)
        self._asked = asked, found
        return found

    def _moment_of(self, request: Request, at: datetime) -> _Moment:
        on = [number for number, one in enumerate(self.compiled) if _bears_now(one.rule, request, at)]
        changing: dict[str, Mask] = {}
        for number in on:
            rule = self.compiled[number].rule
            if rule.target.new_days is not None:
                changing.setdefault(f"new {rule.target.new_days}", self._released(at, rule.target.new_days))
            for filters in (rule.target.filters, rule.scope.anchor_filters):
                if filters.in_stock:
                    changing.setdefault("in stock", np.asarray(self.view.pieces != 0))
                for state in filters.fields.get("state", ()):
                    changing.setdefault(f"state {state.casefold().strip()}", self._in_state(at, state))
            if isinstance(rule.act, Boost) and rule.act.by:
                changing.setdefault("live", self.view.live(at))
        if len(self._pinned):
            changing["pinned"] = self.view.live(at)[self._pinned]
        key = (tuple(on), *((name, mask.tobytes()) for name, mask in changing.items()))
        with self._lock:
            if key in self._moments:
                self._moments.move_to_end(key)
                return self._moments[key]
            found = self._moments[key] = _Moment(self, on, changing, at)
            while len(self._moments) > MOMENTS:
                self._moments.popitem(last=False)
            return found

    def _released(self, at: datetime, days: int) -> Mask:
        released = self._release
        moment = np.datetime64(at.replace(tzinfo=None) - (at.utcoffset() or at - at), "us")
        out: Mask = (released <= moment) & (released > moment - days * _DAY)
        return out

    @cached_property
    def _release(self) -> AnyArray:
        out: AnyArray = self.view.catalogue.frame["release_at"].to_numpy(dtype="datetime64[us]")
        return out

    def _in_state(self, at: datetime, state: str) -> Mask:
        wanted = state.casefold().strip()
        return np.array([str(one).casefold() == wanted for one in self.view.catalogue.states(at)], dtype=bool)

    def rank(self, by: str, live: Mask) -> Scores:
        """[n] 0 for the live item with least of something, 1 for that with most, by rank; 0 where it is unknown."""
        key = by, live.tobytes()
        with self._lock:
            if key not in self._ranks:
                self._ranks[key] = _ranked(self._number(by), live)
                while len(self._ranks) > 2 * MOMENTS:
                    self._ranks.popitem(last=False)
            return self._ranks[key]

    def _number(self, by: str) -> Scores:
        if by == "margin":
            return margin(self.view.catalogue).values
        if by == "stock_depth":
            return self.view.pieces
        return np.where(np.isnat(self._release), np.nan, self._release.astype(np.int64).astype(np.float64))

    # -- relations to an anchor ----------------------------------------------------------------------------------------

    def related(self, relations: Sequence[tuple[str, str]], row: int) -> Mask | None:
        """[n] what stands in all `relations` to the anchor `row`; None where nothing does."""
        out: Mask | None = None
        for name, how in relations:
            mask = self._related(name, how, row)
            if mask is None:
                return None
            out = mask if out is None else out & mask
        return out

    def _related(self, name: str, how: str, row: int) -> Mask | None:
        if how in ("cheaper", "dearer"):
            own = self._price[row]
            if not np.isfinite(own):
                return None
            less: Mask = self._price < own if how == "cheaper" else self._price > own
            return less
        words = self._words_of(name)
        same = words.same(row)
        if same is None or how == "same":
            return same
        return words.known & ~same

    def relates(self, relations: Sequence[tuple[str, str]], row: int, other: int) -> bool:
        """Whether the one item `other` stands in all `relations` to the anchor `row`."""
        for name, how in relations:
            if how in ("cheaper", "dearer"):
                own, its = self._price[row], self._price[other]
                if not (its < own if how == "cheaper" else its > own):
                    return False
            else:
                words = self._words_of(name)
                mine, theirs = words.values[words.codes[row]], words.values[words.codes[other]]
                if not mine or not theirs or bool(mine & theirs) != (how == "same"):
                    return False
        return True

    @cached_property
    def _price(self) -> Scores:
        return np.asarray(self.view.catalogue.money("price"), dtype=np.float64)

    def _words_of(self, name: str) -> _Words:
        with self._lock:
            if name not in self._words:
                self._words[name] = _words(self.view.catalogue, name)
            return self._words[name]


_NO_MOMENT = datetime(2000, 1, 1)  # for filters that do not ask about one


class _Moment:
    """The rules in force at one moment in one placement, over one view."""

    def __init__(self, book: BookOn, on: Sequence[int], changing: Mapping[str, Mask], at: datetime) -> None:
        self.book, self.changing, self.at, self.on = book, changing, at, tuple(on)
        self._lock = threading.Lock()
        self._effects: OrderedDict[bytes, _Effect] = OrderedDict()
        self.everybody = [number for number in on if book.compiled[number].bears is None]
        some, _ = book.matrix
        now = set(on)
        self.some_on = np.array([number in now for number in some.tolist()], dtype=bool)
        out = [self._bar(book.compiled[number]) for number in self.everybody]
        self.everywhere = _any([bar for bar in out if bar is not None])
        self.hourly = {number: self._anchors_now(book.compiled[number]) for number in some[self.some_on].tolist()}

    def around(self, anchor: str | None, request: Request) -> Curation:
        """The curation of the list around `anchor`, or of one without a product."""
        row, active = self._active(anchor, request)
        compiled = self.book.compiled
        plain = [number for number in active if not compiled[number].relations]
        return self._curation(plain, [number for number in active if compiled[number].relations], row, request.k)

    def bearing(self, anchor: str | None, request: Request) -> list[int]:
        """The numbers of the rules that bear on the list around `anchor`, those of all lists among them."""
        return [*self.everybody, *self._active(anchor, request)[1]]

    def _active(self, anchor: str | None, request: Request) -> tuple[int, list[int]]:
        """The row of `anchor`, -1 without one, and the rules that bear on its list and not on all."""
        compiled = self.book.compiled
        if anchor is None or anchor not in self.book.view.catalogue:
            wanted = request.filters.fields.get("audience", ())
            audience = wanted[0].casefold().strip() if len(wanted) == 1 else None
            return -1, [
                number for number in self.book.matrix[0][self.some_on].tolist()
                if not compiled[number].rule.scope.anchored and not compiled[number].relations
                and audience in compiled[number].rule.scope.audiences
            ]  # fmt: skip
        row = self.book.view.catalogue.row(anchor)
        some, table = self.book.matrix
        active = some[table[row] & self.some_on].tolist()
        if self.hourly:
            active = [number for number in active if (mask := self.hourly.get(number)) is None or mask[row]]
        return row, active

    def _curation(self, some: Sequence[int], related: Sequence[int], row: int, k: int) -> Curation:
        """some: rules of this anchor without relations; related: those with."""
        sides = self.book.sides[row].tobytes() if row >= 0 else b""
        key = np.array(some, dtype=np.int64).tobytes() + b"|" + sides
        with self._lock:
            effect = self._effects.get(key)
            if effect is not None:
                self._effects.move_to_end(key)
        if effect is None:
            effect = self._effect(some, row)
            with self._lock:
                effect = self._effects.setdefault(key, effect)
                while len(self._effects) > KEPT:
                    self._effects.popitem(last=False)
        if not related:
            if k not in effect.curations:
                effect.curations[k] = self._whole(effect, some, (), row, k)
            return effect.curations[k]
        return self._whole(self._with_related(effect, related, row), some, related, row, k)

    # -- effects -------------------------------------------------------------------------------------------------------

    def _effect(self, some: Sequence[int], row: int) -> _Effect:
        """What the rules of all lists and `some` rules of this anchor come to."""
        compiled, effect = self.book.compiled, _Effect()
        out = [self._bar(compiled[number]) for number in some]
        for number in (*self.everybody, *some):
            one = compiled[number]
            out.append(self._add(effect, one, None, row))
        effect.here = _any([bar for bar in out if bar is not None])
        return effect

    def _with_related(self, base: _Effect, related: Sequence[int], row: int) -> _Effect:
        effect = _Effect(
            base.here, None if base.dense is None else base.dense.copy(), [*base.quotas], [*base.borders],
            [*base.places], placed=base.placed,
        )  # fmt: skip
        out = [] if base.here is None else [base.here]
        seen: dict[tuple[tuple[str, str], ...], Mask | None] = {}
        for number in related:
            one = self.book.compiled[number]
            if one.relations not in seen:
                seen[one.relations] = self.book.related(one.relations, row)
            mask = seen[one.relations]
            if mask is None:
                mask = np.zeros(len(self.book.view), dtype=bool)
            elif (lasting := self.lasting(one)) is not None:
                mask = mask & lasting
            bar = self._bar(one, mask)
            out += [bar] if bar is not None else []
            self._add(effect, one, mask, row)
        effect.here = _any(out)
        return effect

    def matching(self, one: Compiled, row: int) -> Mask:
        """[n] what a rule's whole target matches in the list around `row`."""
        mask = self.lasting(one)
        if one.relations:
            related = self.book.related(one.relations, row) if row >= 0 else None
            if related is None:
                return np.zeros(len(self.book.view), dtype=bool)
            mask = related if mask is None else mask & related
        return np.ones(len(self.book.view), dtype=bool) if mask is None else mask

    def matches(self, one: Compiled, row: int, other: int) -> bool:
        """Whether a rule's whole target matches the one item `other` in the list around `row`."""
        lasting = self.lasting(one)
        if lasting is not None and not lasting[other]:
            return False
        return not one.relations or (row >= 0 and self.book.relates(one.relations, row, other))

    def lasting(self, one: Compiled) -> Mask | None:
        """[n] a rule's target without its relations, as it is now; None is everything."""
        parts = [] if one.target is None else [one.target]
        if one.rule.target.new_days is not None:
            parts.append(self.changing[f"new {one.rule.target.new_days}"])
        parts += self._hourly_of(one.rule.target.filters)
        out: Mask | None = parts[0] if len(parts) == 1 else np.logical_and.reduce(parts) if parts else None
        return out

    def _hourly_of(self, filters: Filters) -> list[Mask]:
        parts = [self.changing["in stock"]] if filters.in_stock else []
        if states := filters.fields.get("state"):
            parts.append(np.logical_or.reduce([self.changing[f"state {one.casefold().strip()}"] for one in states]))
        return parts

    def _anchors_now(self, one: Compiled) -> Mask | None:
        parts = self._hourly_of(one.rule.scope.anchor_filters)
        out: Mask | None = np.logical_and.reduce(parts) if parts else None
        return out

    def _bar(self, one: Compiled, mask: Mask | None = None) -> Mask | None:
        """[n] what a block or keep rule keeps out."""
        if not isinstance(one.rule.act, Block | Keep) or (mask is None and one.relations):
            return None
        found = self.matching(one, -1) if mask is None else mask
        return found if isinstance(one.rule.act, Block) else ~found

    def _add(self, effect: _Effect, one: Compiled, mask: Mask | None, row: int) -> Mask | None:
        """Note what a rule does besides keeping out; returns what a boundary keeps out because of the anchor."""
        act = one.rule.act
        if isinstance(act, Pin):
            effect.places.append((one, None))
        elif isinstance(act, Boundary):
            assert one.sides is not None
            effect.borders.append(one)
            if row >= 0 and one.sides[row]:
                bar: Mask = one.sides == 3 - one.sides[row]
                return bar
        elif isinstance(act, PinBest | Quota | Boost):
            found = self.matching(one, -1) if mask is None else mask
            if isinstance(act, PinBest):
                effect.places.append((one, found))
            elif isinstance(act, Quota):
                effect.quotas.append((found, one))
            else:
                effect.dense = np.zeros(len(found)) if effect.dense is None else effect.dense
                amount = act.amount if not act.by else act.amount * self.book.rank(act.by, self.changing["live"])[found]
                effect.dense[found] += amount
        return None

    def _whole(self, effect: _Effect, some: Sequence[int], related: Sequence[int], row: int, k: int) -> Curation:
        numbers = (*self.everybody, *some, *related)
        boosted, amounts = np.empty(0, dtype=np.int64), np.empty(0)
        if effect.dense is not None:
            boosted = np.flatnonzero(effect.dense)
            amounts = np.clip(np.round(effect.dense[boosted], 12), -MAX_BOOST, MAX_BOOST)
        rows = OnRows(
            self.everywhere, effect.here, _Why(self, numbers, row), boosted, amounts,
            _Raised(self, sorted(numbers), row),
        )  # fmt: skip
        if effect.placed is None or effect.placed[0] != len(effect.places):
            effect.placed = len(effect.places), self._places(effect)
        pins, best, notes = effect.placed[1]
        notes = notes + [
            Note("rule_unread", f"A published rule is passed over. {text}") for text in self.book.book.problems
        ]
        catalogue = self.book.view.catalogue
        return Curation(
            pins=pins, blocked=BlockedItems(catalogue, rows), boosts=BoostedItems(catalogue, rows),
            quotas=tuple(
                ListQuota(mask, *one.rule.act.bounds(k), one.name, one.rule.target.new_days is not None)
                for mask, one in effect.quotas if isinstance(one.rule.act, Quota)
            ),
            borders=tuple(ListBorder(one.sides, one.name) for one in effect.borders if one.sides is not None),
            best=best, notes=tuple(notes), rows=rows,
        )  # fmt: skip

    def _places(self, effect: _Effect) -> tuple[dict[int, str], tuple[ListBest, ...], list[Note]]:
        """Who gets which place: what can be shown before what sleeps, then the higher priority, pins before the best of
        some, the lower id. Whoever loses is named."""
        live = dict(zip(self.book._pinned.tolist(), self.changing.get("pinned", np.empty(0)).tolist(), strict=True))
        catalogue = self.book.view.catalogue

        def asleep(one: Compiled) -> int:
            if not isinstance(one.rule.act, Pin):
                return 0
            item = one.rule.target.items[0]
            return 2 if item not in catalogue else 0 if live[catalogue.row(item)] else 1

        ordered = sorted(
            effect.places,
            key=lambda pair: (asleep(pair[0]), -pair[0].rule.priority, pair[1] is not None, pair[0].rule.id),
        )
        holders: dict[int, Compiled] = {}
        of_item: dict[str, Compiled] = {}
        pins: dict[int, str] = {}
        best, notes = [], []
        for one, mask in ordered:
            act = one.rule.act
            assert isinstance(act, Pin | PinBest)
            item = one.rule.target.items[0] if isinstance(act, Pin) else None
            holder = holders.get(act.place)
            twice = of_item.get(item) if item is not None else None
            if holder is not None and not (twice is holder and item is not None):
                sleeping = "sleeps meanwhile" if asleep(one) > asleep(holder) else "gives way"
                notes.append(Note("pin_outranked", f"{one.name} {sleeping}: {holder.name} holds place {act.place}."))
            elif twice is not None and twice.rule.act != act:
                notes.append(Note("pin_outranked", f"{one.name} gives way: {twice.name} pins the same product."))
            elif twice is None:
                holders[act.place] = one
                if item is None:
                    assert mask is not None
                    best.append(ListBest(act.place, mask, one.name))
                else:
                    pins[act.place], of_item[item] = item, one
        return dict(sorted(pins.items())), tuple(sorted(best, key=lambda one: one.place)), notes


@dataclass(frozen=True, eq=False)
class _Why:
    """What keeps rows out of one list, asked when somebody wants to know."""

    moment: _Moment
    numbers: Sequence[int]
    row: int

    def __call__(self, rows: Rows) -> list[str]:
        out = ["kept out by a rule"] * len(rows)
        left = np.ones(len(rows), dtype=bool)
        for number in self.numbers:
            one = self.moment.book.compiled[number]
            act = one.rule.act
            if isinstance(act, Block):
                hit, text = self.moment.matching(one, self.row)[rows], f"blocked by {one.name}"
            elif isinstance(act, Keep):
                hit, text = (
                    ~self.moment.matching(one, self.row)[rows],
                    f"blocked by {one.name}, which shows other products only",
                )
            elif one.sides is not None and self.row >= 0 and one.sides[self.row]:
                hit, text = (
                    one.sides[rows] == 3 - one.sides[self.row],
                    f"blocked by {one.name}, which keeps it apart from the product",
                )
            else:
                continue
            for at in np.flatnonzero(hit & left).tolist():
                out[at] = text
            left &= ~hit
        return out


@dataclass(frozen=True, eq=False)
class _Raised:
    """Which rules boost or bury a row of one list."""

    moment: _Moment
    numbers: Sequence[int]
    row: int

    def __call__(self, row: int) -> list[str]:
        return [one.name for one in self._boosts if self.moment.matches(one, self.row, row)]

    @cached_property
    def _boosts(self) -> list[Compiled]:
        compiled = [self.moment.book.compiled[number] for number in self.numbers]
        return [one for one in compiled if isinstance(one.rule.act, Boost)]


def refuse_clashes(book: BookOn, fresh: Container[str] | None = None) -> None:
    """Raises SlotTaken where two pins of equal priority want one place in one list at one time.

    fresh: ids of rules, one of which must be of the two. Pins of products that are gone, and rules that are off, are
    passed over.
    """
    pins = [one for one in book.compiled if isinstance(one.rule.act, Pin)]
    by_place: dict[tuple[int, int], list[Compiled]] = {}
    for one in pins:
        assert isinstance(one.rule.act, Pin)
        by_place.setdefault((one.rule.act.place, one.rule.priority), []).append(one)
    for (place, _), rivals in sorted(by_place.items()):
        for number, one in enumerate(rivals):
            for other in rivals[number + 1 :]:
                if fresh is not None and one.rule.id not in fresh and other.rule.id not in fresh:
                    continue
                if one.rule.target.items != other.rule.target.items and meet(one, other):
                    raise SlotTaken(place, one.rule.target.items[0], other.rule.target.items[0])


def meet(one: Compiled, other: Compiled) -> bool:
    """Whether two rules ever bear on one list."""
    a, b = one.rule, other.rule
    starts = [rule.starts_at for rule in (a, b) if rule.starts_at is not None]
    ends = [rule.ends_at for rule in (a, b) if rule.ends_at is not None]
    if starts and ends and max(starts) >= min(ends):
        return False
    if a.scope.placements and b.scope.placements and not set(a.scope.placements) & set(b.scope.placements):
        return False
    if (
        a.scope.locales
        and b.scope.locales
        and not any(_speaks(x, [y]) or _speaks(y, [x]) for x in a.scope.locales for y in b.scope.locales)
    ):
        return False
    if one.bears is None or other.bears is None:
        return all(each.bears is None or bool(each.bears.any()) for each in (one, other))
    both_audiences = not a.scope.anchored and not b.scope.anchored and set(a.scope.audiences) & set(b.scope.audiences)
    return bool((one.bears & other.bears).any()) or bool(both_audiences)


def _bears_now(rule: Rule, request: Request, at: datetime) -> bool:
    scope = rule.scope
    if scope.placements and request.placement not in scope.placements:
        return False
    if scope.locales and (request.locale is None or not _speaks(request.locale, scope.locales)):
        return False
    return rule.in_force(at)


def _speaks(locale: str, wanted: Sequence[str]) -> bool:
    """Whether a locale is one of those wanted, or a part of one: "fr-FR" is "fr"."""
    mine = locale.casefold().replace("_", "-")
    return any(mine == one or mine.startswith(f"{one}-") for one in (w.casefold().replace("_", "-") for w in wanted))


def _any(masks: Sequence[Mask]) -> Mask | None:
    if not masks:
        return None
    out: Mask = masks[0] if len(masks) == 1 else np.logical_or.reduce(masks)
    return out


def _ranked(values: Scores, live: Mask) -> Scores:
    """[n] mid-ranks of the known values of live items, scaled into [0, 1]; 0 elsewhere.

    >>> _ranked(np.array([5.0, 1.0, 1.0, np.nan, 9.0]), np.array([True, True, True, True, False])).tolist()
    [1.0, 0.25, 0.25, 0.0, 0.0]
    """
    out = np.zeros(len(values))
    rows = np.flatnonzero(live & np.isfinite(values))
    if len(rows) == 1:
        out[rows] = 1.0
    elif len(rows):
        _, inverse, counts = np.unique(values[rows], return_inverse=True, return_counts=True)
        below = np.cumsum(counts) - counts
        out[rows] = ((below + (counts - 1) / 2) / (len(rows) - 1))[inverse]
    return out


def _words(catalogue: Catalogue, name: str) -> _Words:
    """The words of a field. A category path is one word: items are of the same category where their paths agree."""
    codes, values = indexed(catalogue).of(name)
    if name == "category":
        tidy = [frozenset(["\x1f".join(word.casefold().strip() for word in path)] if path else []) for path in values]
    else:
        tidy = [frozenset(word.casefold().strip() for word in words if word.strip()) for words in values]
    holders: dict[str, list[int]] = {}
    for code, words in enumerate(tidy):
        for word in words:
            holders.setdefault(word, []).append(code)
    return _Words(codes, tidy, {word: np.array(some, dtype=np.int64) for word, some in holders.items()})


def _reads(rules: Iterable[Rule]) -> frozenset[str]:
    """The fields of items that compiled rules read."""
    fields = {"audience"}
    for rule in rules:
        for filters in (rule.target.filters, rule.scope.anchor_filters):
            fields |= filters.fields.keys()
            if filters.price_from is not None or filters.price_to is not None:
                fields.add("price")
        fields |= {name for name, _ in rule.target.relations}
        if isinstance(rule.act, Boundary):
            fields.add("brand")
    return frozenset(fields)


def _part(facts: Mapping[str, Mapping[str, Any]], names: frozenset[str]) -> dict[str, dict[str, Any]]:
    found = {item: {name: value for name, value in fields.items() if name in names} for item, fields in facts.items()}
    return {item: fields for item, fields in found.items() if fields}
