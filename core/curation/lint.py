"""The linter: what a rule book says that it cannot mean, before anybody is surprised by it.

A pure function of the rules, the shop and a moment. What can be told from the rules and the catalogue is told without
a list; whether lists run short and boosts change anything is found on a sample of lists, made by the one that serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from core.curation.resolve import BookOn, Compiled, RuleBook, meet
from core.domain.arrays import Mask, Rows
from core.domain.campaigns import COMING, OVER, RUNNING, Campaign, by_id, under
from core.domain.catalogue import AUDIENCES, State
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Request
from core.domain.rules import PIN_DAYS, Block, Boost, Boundary, Keep, Pin, PinBest, Quota, Rule
from core.domain.sentences import label
from core.domain.words import count, day, listed
from core.rank.shortlist import Shortlist
from core.recommend.similar import rank_rows, shortlists_of
from core.recommend.view import View

ERROR, WARNING, NOTE = "error", "warning", "note"
SOON = timedelta(days=7)
ALONE = (Placement.SEARCH, Placement.COLD_START)  # lists that stand beside no product
BESIDE = (Placement.SUBSTITUTE, Placement.UPSELL, Placement.CROSS_SELL, Placement.CROSS_BRAND)
MADE = (Placement.SIMILAR, Placement.LOOK, *BESIDE, *ALONE)  # what this shop has lists for
PLACES = 10  # of the lists that quotas and pins are measured against
SAMPLE = 48  # lists that are looked at to see whether one rule changes anything
SHOWN = 20  # anchors that a finding names

Lists = Callable[[Sequence[Rule], Sequence[str]], Rows]  # rules and anchors -> [B, PLACES] rows, -1 where one is short


@dataclass(frozen=True, slots=True)
class Fix:
    """One click: `rule` takes the place of the rule `id`; None takes it away."""

    text: str
    id: str
    rule: Rule | None = None

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "id": self.id, "rule": None if self.rule is None else self.rule.as_json()}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a rule book that a person should know.

    lists: how many lists it touches.    anchors: the first of them.
    """

    code: str
    severity: str
    text: str
    rules: tuple[str, ...]
    lists: int = 0
    anchors: tuple[str, ...] = ()
    fix: Fix | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code, "severity": self.severity, "text": self.text, "rules": list(self.rules),
            "lists": self.lists, "anchors": list(self.anchors), "fix": None if self.fix is None else self.fix.as_json(),
        }  # fmt: skip


def lists_under(book: BookOn, view: View, at: datetime) -> Lists:
    """The lists of `view` at `at` under some of the rules of `book`, by the function that serves.

    The candidates of the products that are asked about first are kept, so that the same lists under other rules cost
    a fraction of it: a large book asks for each of them again for every boost.
    """
    request, campaigns = Request(k=PLACES, at=at), [one.as_json() for one in book.book.campaigns]
    known: Rows = np.empty(0, dtype=np.int64)
    kept: Shortlist | None = None

    def lists(rules: Sequence[Rule], anchors: Sequence[str]) -> Rows:
        nonlocal known, kept
        plain = [*(rule.as_json() for rule in rules), *campaigns]
        ruled = view.with_rules(plain, view.versions.rules, book.only(rules))
        rows = view.catalogue.rows(anchors)
        if kept is None or not np.isin(rows, known).all():
            known = np.unique(rows)
            kept = shortlists_of(view, request, known)
        return rank_rows(ruled, request, rows, kept=kept.lanes(np.searchsorted(known, rows)))[0]

    return lists


def lint(
    rules: Sequence[Rule], view: View, at: datetime, lists: Lists | None = None, *, sample: int = SAMPLE,
    campaigns: Sequence[Campaign] = (), zone: str | None = None,
) -> list[Finding]:  # fmt: skip
    """What is wrong with `rules` at `at`, errors first. lists: without it nothing is said that only lists can tell.

    zone: days are told in it, by default in that of the rule.
    """
    case = _Case(rules, view, at, campaigns, zone)
    said = (case.campaigns, case.dates, case.duplicates)
    found = [
        one
        for part in (*said, case.dead, case.elsewhere, case.pins, case.clashes, case.shadowed, case.quotas)
        for one in part()
    ]
    if lists is not None and case.now:
        found += case.on_lists(lists, sample, {id for one in found if one.severity != NOTE for id in one.rules})
    order = {ERROR: 0, WARNING: 1, NOTE: 2}
    return sorted(found, key=lambda one: order[one.severity])


class _Case:
    """One rule book over one shop at one moment."""

    def __init__(
        self, rules: Sequence[Rule], view: View, at: datetime, campaigns: Sequence[Campaign], zone: str | None
    ) -> None:  # fmt: skip
        self.view, self.at, self.known, self.zone = view, at, by_id(campaigns), zone
        self.written = {rule.id: rule for rule in rules}  # what a fix starts from
        self.rules = [rule for rule in under(rules, campaigns) if not rule.off]  # those that count, while they do
        self.book: BookOn = RuleBook(tuple(self.rules), campaigns=tuple(campaigns)).on(view)
        self.all = dict(zip([rule.id for rule in self.rules], self.book.compiled, strict=True))
        self.now = [one for one in self.book.compiled if one.rule.ends_at is None or one.rule.ends_at > at]
        self.live = view.live(at)

    def name(self, rule: Rule) -> str:
        return label(rule, self.view.catalogue.title, self.view.catalogue.currency)

    def item(self, item: str) -> str:
        return f"“{title}” ({item})" if (title := self.view.catalogue.title(item)) else item

    def day(self, moment: datetime, rule: Rule) -> str:
        return day(moment, ZoneInfo(self.zone or rule.zone))

    def found(
        self, code: str, severity: str, text: str, rules: Sequence[Rule], fix: Fix | None = None, on: Mask | None = None
    ) -> Finding:
        """A finding on the lists of the anchors in `on`, by default on all that the first rule bears on."""
        mask = self.bears(self.all[rules[0].id]) if on is None and rules[0].id in self.all else on
        rows = np.flatnonzero(mask) if mask is not None else np.empty(0, dtype=np.int64)
        ids = self.view.catalogue.ids
        anchors = tuple(ids[row] for row in rows[:SHOWN].tolist())
        return Finding(code, severity, text, tuple(rule.id for rule in rules), len(rows), anchors, fix)

    def bears(self, one: Compiled) -> Mask:
        """[n] anchors on whose lists a rule bears."""
        return np.ones(len(self.view), dtype=bool) if one.bears is None else one.bears

    def target(self, one: Compiled) -> Mask | None:
        """[n] what a rule matches by itself; None where only the anchor tells, or the hour."""
        aim = one.rule.target
        if aim.relations or aim.new_days is not None or aim.filters.in_stock or "state" in aim.filters.fields:
            return None
        return np.ones(len(self.view), dtype=bool) if one.target is None else one.target

    # -- what the rules and the catalogue tell -------------------------------------------------------------------------

    def campaigns(self) -> Iterator[Finding]:
        """Rules whose campaign keeps them asleep, and heroes that cannot be sold."""
        counting = {rule.id for rule in self.rules}
        for rule in self.written.values():
            if rule.off or rule.campaign is None:
                continue
            away, one = Fix("Take it away", rule.id), self.known.get(rule.campaign)
            if one is None:
                text = f"{self.name(rule)} does nothing: its campaign {rule.campaign!r} is not there."
                yield self.found("campaign_missing", WARNING, text, [rule], away)
            elif one.off:
                text = f"{self.name(rule)} does nothing: its campaign “{one.name}” is off."
                yield self.found("campaign_off", NOTE, text, [rule])
            elif one.phase(self.at) == OVER:
                text = f"{self.name(rule)} does nothing any more: its campaign “{one.name}” is over."
                yield self.found("campaign_over", NOTE, text, [rule], away)
            elif rule.id not in counting:
                text = f"{self.name(rule)} never counts: its dates and those of its campaign “{one.name}” do not meet."
                free = Fix("Leave the dates to the campaign", rule.id, rule.changed(starts_at=None, ends_at=None))
                yield self.found("campaign_apart", WARNING, text, [rule], free)
        for one in self.known.values():
            if one.phase(self.at) in (RUNNING, COMING):
                for item in one.heroes:
                    if item not in self.view.catalogue:
                        why = "is not in the catalogue any more"
                    elif (state := self.view.catalogue.at_row(self.view.catalogue.row(item)).state(self.at)) in (
                        State.SOLD_OUT, State.RETIRED,
                    ):  # fmt: skip
                        why = f"is {state}"
                    else:
                        continue
                    text = f"A hero of the campaign “{one.name}” {why}: {self.item(item)}."
                    mine = tuple(rule.id for rule in self.written.values() if rule.campaign == one.id)
                    yield Finding("campaign_hero", WARNING, text, mine)

    def dates(self) -> Iterator[Finding]:
        counting = {rule.id for rule in self.rules}
        for rule in (one for one in self.written.values() if one.id in counting):
            if rule.ends_at is not None and rule.ends_at <= self.at:
                text = f"{self.name(rule)} ended on {self.day(rule.ends_at, rule)} and does nothing any more."
                yield self.found("expired", NOTE, text, [rule], Fix("Take it away", rule.id))
            elif rule.ends_at is not None and rule.ends_at <= self.at + SOON:
                longer = rule.changed(ends_at=rule.ends_at + timedelta(days=PIN_DAYS))
                text = f"{self.name(rule)} ends on {self.day(rule.ends_at, rule)}."
                yield self.found("ends_soon", NOTE, text, [rule], Fix(f"{PIN_DAYS} days more", rule.id, longer))

    def duplicates(self) -> Iterator[Finding]:
        seen: dict[str, Rule] = {}
        for rule in self.rules:
            plain = rule.as_json()
            said = repr(sorted((k, v) for k, v in plain.items() if k not in ("id", "note", "campaign", "priority")))
            if (first := seen.setdefault(said, rule)) is not rule:
                text = f"{self.name(rule)} says what {self.name(first)} says."
                yield self.found("duplicate", WARNING, text, [rule, first], Fix("Take it away", rule.id))

    def dead(self) -> Iterator[Finding]:
        for one in self.now:
            rule, away = one.rule, Fix("Take it away", one.rule.id)
            there = {kept.id for kept in rule.target.found}
            if gone := [f"“{id}”" for id in rule.target.collections if id not in there]:
                verb = "is" if len(gone) == 1 else "are"
                text = f"{self.name(rule)} speaks of {listed(gone)}, and no collection of that name {verb} there."
                yield self.found("collection_missing", WARNING, text, [rule], None if there else away)
            if not self.bears(one).any():
                text = f"{self.name(rule)} bears on no list: no product is one that it speaks of."
                yield self.found("dead", WARNING, text, [rule], away)
            elif isinstance(rule.act, Boundary):
                assert one.sides is not None
                for side, brands in ((1, rule.act.brands), (2, rule.act.others)):
                    if not (one.sides == side).any():
                        text = f"{self.name(rule)} parts nothing: no product is of {' or '.join(brands) or 'others'}."
                        yield self.found("dead", WARNING, text, [rule], away)
                        break
            elif not isinstance(rule.act, Pin) and one.target is not None and not one.target.any():
                text = f"{self.name(rule)} matches no product."
                if isinstance(rule.act, Keep):
                    text += " Every list that it bears on is empty."
                yield self.found("dead", ERROR if isinstance(rule.act, Keep) else WARNING, text, [rule], away)

    def elsewhere(self) -> Iterator[Finding]:
        """Rules made for placements where they can do nothing."""
        for one in self.now:
            rule, scope = one.rule, one.rule.scope
            beside = scope.anchored or bool(rule.target.relations)
            idle = [place for place in scope.placements if place not in MADE or (place in ALONE and beside)]
            if not idle:
                continue
            alone = [f"a {PLACEMENT_NAMES[place].lower()}" for place in idle if place in ALONE]
            why = f"{listed(alone)} stand{'s' if len(alone) == 1 else ''} beside no product"
            why = why if len(alone) == len(idle) else "there are no such lists yet"
            text = f"{self.name(rule)} does nothing in {' and '.join(PLACEMENT_NAMES[place] for place in idle)}: {why}."
            left = tuple(place for place in scope.placements if place not in idle)
            fix = Fix("Take it away", rule.id)
            if left:
                fix = Fix("Leave that out", rule.id, rule.changed(scope=replace(scope, placements=left)))
            yield self.found("no_such_list", NOTE if left else WARNING, text, [rule], fix)

    def pins(self) -> Iterator[Finding]:
        for one in self.now:
            rule = one.rule
            if not isinstance(rule.act, Pin):
                continue
            item, away = rule.target.items[0], Fix("Take the pin away", rule.id)
            if item not in self.view.catalogue:
                text = f"{self.name(rule)}: {item} is not in the catalogue any more."
                yield self.found("pin_removed", WARNING, text, [rule], away)
                continue
            row = self.view.catalogue.row(item)
            if not self.live[row]:
                state = self.view.catalogue.at_row(row).state(self.at)
                text = f"{self.name(rule)} sleeps: {self.item(item)} is {state}."
                fix = Fix("Switch it off", rule.id, self.written[rule.id].changed(off=True))
                yield self.found("pin_asleep", WARNING, text, [rule], fix)
            barred = self.bears(one) & ~self._shows(row)
            if barred.any() and barred.sum() == self.bears(one).sum():
                text = f"{self.name(rule)} can hold nowhere: these lists are for others than {self.item(item)} is."
                yield self.found("pin_ineligible", WARNING, text, [rule], away)
            for other in self.now:
                found = self.target(other)
                if not isinstance(other.rule.act, Block | Keep) or found is None or not meet(one, other):
                    continue
                if bool(found[row]) == isinstance(other.rule.act, Block):
                    both = self.bears(one) & self.bears(other)
                    text = f"{self.name(rule)} does not hold where {self.name(other.rule)} keeps it out: blocks win."
                    yield self.found("pin_blocked", WARNING, text, [rule, other.rule], away, both)

    def _shows(self, row: int) -> Mask:
        """[n] anchors whose audience lets an item be in their lists."""
        audience = self.view.audience
        out = np.zeros(len(audience), dtype=bool)
        for code in np.unique(audience).tolist():
            out[audience == code] = self.view.guard(AUDIENCES[code] if code >= 0 else None)[row]
        return out

    def clashes(self) -> Iterator[Finding]:
        places = [one for one in self.now if isinstance(one.rule.act, Pin | PinBest)]
        for one, other in combinations(places, 2):
            a, b = one.rule, other.rule
            assert isinstance(a.act, Pin | PinBest)
            assert isinstance(b.act, Pin | PinBest)
            if a.act.place != b.act.place or a.target == b.target or not meet(one, other):
                continue
            both = self.bears(one) & self.bears(other)
            if a.priority == b.priority and isinstance(a.act, Pin) and isinstance(b.act, Pin):
                text = f"{self.name(a)} and {self.name(b)} want one place in the same lists. Only one can have it."
                lower = self.written[b.id].changed(priority=max(a.priority - 1, -1000))
                yield self.found("pins_clash", ERROR, text, [a, b], Fix("Let the first one have it", b.id, lower), both)
            else:
                pinned = isinstance(a.act, Pin) >= isinstance(b.act, Pin)
                win, lose = (a, b) if (a.priority, pinned) >= (b.priority, not pinned) else (b, a)
                text = f"{self.name(lose)} gives way to {self.name(win)} on {count(int(both.sum()), 'list')}."
                whole = not (self.bears(self.all[lose.id]) & ~both).any()
                fix = Fix("Take it away", lose.id) if whole else None
                yield self.found("outranked", WARNING if whole else NOTE, text, [lose, win], fix, both)

    def shadowed(self) -> Iterator[Finding]:
        """Rules without effect because a block keeps out all that they speak of."""
        blocks = [
            (one, mask)
            for one in self.now
            if isinstance(one.rule.act, Block) and (mask := self.target(one)) is not None
        ]
        for one in self.now:
            mine = self.target(one)
            if mine is None or isinstance(one.rule.act, Keep | Pin | Boundary) or not mine.any():
                continue
            for other, theirs in blocks:
                covers = not (mine & ~theirs).any() and not (self.bears(one) & ~self.bears(other)).any()
                twins = isinstance(one.rule.act, Block) and not (theirs & ~mine).any() and one.rule.id < other.rule.id
                if other is not one and covers and not twins and _lasts(one.rule, other.rule):
                    text = f"{self.name(one.rule)} does nothing: {self.name(other.rule)} keeps all of it out already."
                    yield self.found(
                        "shadowed", WARNING, text, [one.rule, other.rule], Fix("Take it away", one.rule.id)
                    )
                    break

    def quotas(self) -> Iterator[Finding]:
        found = [(one, self.target(one)) for one in self.now if isinstance(one.rule.act, Quota)]
        for one, mask in found:
            act = one.rule.act
            assert isinstance(act, Quota)
            least, _ = act.bounds(PLACES)
            there = PLACES if mask is None else int((mask & self.live).sum())
            if least > min(there, PLACES):
                why = (
                    f"a list has {PLACES} places"
                    if least > PLACES
                    else f"it matches {count(there, 'product')} that can be sold"
                )
                text, fix = f"{self.name(one.rule)} cannot be kept: {why}.", Fix("Take it away", one.rule.id)
                if not act.percent and (able := min(there, PLACES)):
                    fewer = self.written[one.rule.id].changed(act=Quota(able, act.most))
                    fix = Fix(f"Ask for {able}", one.rule.id, fewer)
                yield self.found("impossible", ERROR, text, [one.rule], fix)
        for (one, mask), (other, theirs) in combinations(found, 2):  # one wants more than the other lets in
            if mask is None or theirs is None or not meet(one, other):
                continue
            for (a, mine), (b, its) in (((one, mask), (other, theirs)), ((other, theirs), (one, mask))):
                assert isinstance(a.rule.act, Quota)
                assert isinstance(b.rule.act, Quota)
                most = b.rule.act.bounds(PLACES)[1]
                if most is not None and a.rule.act.bounds(PLACES)[0] > most and not (mine & ~its).any():
                    text = f"{self.name(a.rule)} and {self.name(b.rule)} cannot both be kept."
                    both = self.bears(a) & self.bears(b)
                    yield self.found(
                        "impossible", ERROR, text, [a.rule, b.rule], Fix("Take the first away", a.rule.id), both
                    )

    # -- what only lists tell ------------------------------------------------------------------------------------------

    def on_lists(self, lists: Lists, sample: int, known: set[str]) -> Iterator[Finding]:
        """Lists that rules make too short, and boosts that change none."""
        some = self._sample(np.ones(len(self.view), dtype=bool), 4 * sample)
        ids = self.view.catalogue.ids
        anchors = [ids[row] for row in some.tolist()]
        if not anchors:
            return
        boosts = {
            one.rule.id: self._sample(self.bears(one), sample)
            for one in self.now
            if isinstance(one.rule.act, Boost) and one.rule.id not in known and one.rule.in_force(self.at)
        }
        looked = np.unique(np.concatenate([some, *boosts.values()]))
        every = lists(self.rules, [ids[row] for row in looked.tolist()])  # once, for all that is asked of them
        with_all, without = every[np.searchsorted(looked, some)], lists([], anchors)
        short = ((with_all >= 0).sum(axis=1) < PLACES) & ((without >= 0).sum(axis=1) > (with_all >= 0).sum(axis=1))
        if short.any():
            mask = np.zeros(len(self.view), dtype=bool)
            mask[some[short]] = True
            bars = [one.rule for one in self.now if isinstance(one.rule.act, Block | Keep | Quota | Boundary)]
            text = (
                f"{int(short.sum())} of {count(len(anchors), 'list')} looked at {'is' if short.sum() == 1 else 'are'} "
                f"shorter because of rules, "
                f"{self.item(anchors[int(np.argmax(short))])} among them."
            )
            yield self.found("short", WARNING, text, bars or [one.rule for one in self.now], None, mask)
        for one in self.now:
            if (rows := boosts.get(one.rule.id)) is None or not len(rows):
                continue
            mine = [ids[row] for row in rows.tolist()]
            rest = [rule for rule in self.rules if rule.id != one.rule.id]
            if np.array_equal(every[np.searchsorted(looked, rows)], lists(rest, mine)):
                text = f"{self.name(one.rule)} changes none of {count(len(mine), 'list')} looked at."
                yield self.found("no_effect", NOTE, text, [one.rule], Fix("Take it away", one.rule.id))

    def _sample(self, mask: Mask, size: int) -> Rows:
        """Up to `size` rows of what can be sold in `mask`, evenly spread."""
        rows = np.flatnonzero(mask & self.live)
        if len(rows) <= size:
            return rows
        return rows[np.linspace(0, len(rows) - 1, size).astype(np.int64)]


def _lasts(one: Rule, other: Rule) -> bool:
    """Whether `other` is in force whenever and wherever `one` is."""
    begins = other.starts_at is None or (one.starts_at is not None and other.starts_at <= one.starts_at)
    ends = other.ends_at is None or (one.ends_at is not None and one.ends_at <= other.ends_at)
    placed = not other.scope.placements or (
        bool(one.scope.placements) and set(one.scope.placements) <= set(other.scope.placements)
    )
    spoken = not other.scope.locales or one.scope.locales == other.scope.locales
    return begins and ends and placed and spoken
