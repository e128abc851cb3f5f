"""Complete the Look: whole looks around a product, by the same stages for one look, all of them, a swap or a trace.

    eligible -> block -> role -> match -> shortlist -> compose

Eligibility, blocks and pins are those of every list. A piece must have a place in a look around the product, and must
not conflict with it; the best of each role by the pair score with the product are composed into looks.
"""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np

from core.domain.arrays import AnyArray, Codes, Mask, Matrix, Rows, Scores
from core.domain.catalogue import AUDIENCES
from core.domain.errors import BadRequest
from core.domain.listing import Missing, Note, Origin, StageReport
from core.domain.looks import (
    PARTS,
    ROLE_NAMES,
    ROLES,
    Harmony,
    Look,
    LookRequest,
    Looks,
    LookStrategy,
    LookTrace,
    Pair,
    Piece,
    Swap,
)
from core.domain.placements import Placement
from core.domain.query import Request
from core.domain.rules import Curation, ListBest, ListQuota, OnRows
from core.domain.shoppers import Person
from core.domain.strategy import DEFAULT_WEIGHTS
from core.rank import agreement
from core.rank.pairs import lch
from core.recommend import personal
from core.recommend.filters import indexed
from core.recommend.fit import fit
from core.recommend.looks.compose import Composed, Slot, Table, Terms, compose
from core.recommend.looks.tables import Template
from core.recommend.looks.wardrobe import OCCASION_FORMALITY, Wardrobe
from core.recommend.taste import all_interests, liked
from core.recommend.view import View

SHORTLIST, OPTIONAL = 16, 9  # candidates that looks are composed of: of a role that looks need, of one that may join
SAME_HOUSE, SAME_KIND = 5, 10  # of these, at most so many of one house, of one kind
CHEAPEST = 4  # of a role that join them where there is a budget
SPARE = 4  # of a role that join them where a quota wants them, or wants others
OPTIONS = 24  # that a swap offers
TASTED = 4 * SHORTLIST  # of a role whose fit to a shopper is looked at
PERSONAL, FAR = 0.15, 3.0  # of a pair score for each deviation that a piece is closer to a shopper, up to so many
LISTED = 50  # products without a look that a report names
FORMAL_ENOUGH = 1.8  # steps of formality between an occasion and what is worn to it
EVERY_SEASON = 15
HOUSE, ECHO, REUSE = 0.6, 2.0, 2.5  # what a look loses at lam = 0 that repeats houses, one colour, an earlier look

Progress = Callable[[int, int], None]


def looks(view: View, wardrobe: Wardrobe, request: LookRequest) -> Looks:
    """The looks around `request.anchor`. Raises UnknownItem, and BadRequest for what cannot be locked or asked."""
    return _answered(_Case(view, wardrobe, request))


def looks_under_both(
    view: View, other: View, wardrobe: Wardrobe, request: LookRequest, instead: LookRequest
) -> tuple[Looks, Looks] | None:
    """The looks around one product under two views that differ in rules alone, asked with `request` and `instead`.

    None where both are composed of the same candidates in the same way, and so are equal but for their notes.
    """
    first, second = _Case(view, wardrobe, request), _Case(other, wardrobe, instead)
    return None if first.role < 0 or first.composes_as(second) else (_answered(first), _answered(second))


def _answered(case: _Case) -> Looks:
    request, wardrobe = case.request, case.wardrobe
    if case.role < 0:
        note = Note(
            "no_role", f"{case.name(case.row)} is nothing that is worn or carried, so no look is built around it."
        )
        return case.answer((), (note,))
    found = case.composed()
    notes = [*case.notes, *case.curation.notes]
    if not wardrobe.shares(case.strategy.weights) and any(len(rows) for _, rows in found):
        text = "Nothing that counts is known here, so any piece is as good as another. Give other parts a weight."
        notes.append(Note("nothing_counts", text))
    if len(found) < request.count:
        bare = not any(len(rows) for _, rows in found)
        text = "Nothing goes with this product here." if bare else "No other look differs in two pieces."
        notes.append(Note("short", f"{len(found)} of {request.count} looks. {text}"))
    return case.answer(tuple(case.look(plan, pieces) for plan, pieces in found), tuple(notes))


def look_all(
    view: View,
    wardrobe: Wardrobe,
    request: LookRequest,
    anchors: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Looks]:
    """The looks around many products (all if None), one after the other, equal to what `looks` gives for each."""
    ids = view.catalogue.ids if anchors is None else anchors
    for done, anchor in enumerate(ids, 1):
        yield looks(view, wardrobe, request.changed(anchor=anchor))
        if progress is not None:
            progress(done, len(ids))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many products have at least one whole look around them, with every required slot filled.

    products, whole: by branch of the shop (the root of the category); worn: those that have a role in a look.
    unfilled: role -> products in whose best look it stays empty.    without: some ids that have no whole look.
    """

    products: Mapping[str, int]
    worn: Mapping[str, int]
    whole: Mapping[str, int]
    unfilled: Mapping[str, int]
    without: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "products": sum(self.products.values()), "worn": sum(self.worn.values()), "whole": sum(self.whole.values()),
            "branches": [
                {
                    "branch": name, "products": count, "worn": self.worn.get(name, 0), "whole": self.whole.get(name, 0),
                    "share": round(self.whole.get(name, 0) / count, 4),
                }
                for name, count in self.products.items()
            ],
            "unfilled": dict(self.unfilled), "without": list(self.without),
        }  # fmt: skip


def coverage(
    view: View,
    wardrobe: Wardrobe,
    request: LookRequest,
    anchors: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Coverage:
    """How many of `anchors` (all products if None) have a whole look."""
    ids = view.catalogue.ids if anchors is None else anchors
    branches = view.catalogue.frame["category"].tolist()
    products, worn, whole, unfilled = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    without: list[str] = []
    for done, anchor in enumerate(ids, 1):
        row = view.catalogue.row(anchor)
        branch = branches[row][0] if branches[row] else "Without a category"
        products[branch] += 1
        if wardrobe.role[row] >= 0:
            worn[branch] += 1
            found = looks(view, wardrobe, request.changed(anchor=anchor, count=1)).looks
            empty = found[0].unfilled if found else ("nothing",)
            unfilled.update(empty)
            whole[branch] += not empty
            if empty and len(without) < LISTED:
                without.append(anchor)
        if progress is not None:
            progress(done, len(ids))
    order = dict(products.most_common())
    return Coverage(order, dict(worn), dict(whole), dict(unfilled.most_common()), tuple(without))


def rescored(view: View, wardrobe: Wardrobe, request: LookRequest, ids: Sequence[str]) -> Look:
    """The look of `request.anchor` and the pieces `ids` as it is, whatever has become of them; its notes say so."""
    case = _Case(view, wardrobe, request)
    return case.given(view.catalogue.rows(ids))


def swap(view: View, wardrobe: Wardrobe, request: LookRequest, ids: Sequence[str], role: str) -> Swap:
    """What else could stand in `role` of the look of `request.anchor` and the pieces `ids`, best look first.

    A locked piece may be swapped too: who swaps it has let go of it. Raises BadRequest for a role that is none.
    """
    if role not in ROLES:
        raise BadRequest(f"There is no role {role!r}. The roles are {', '.join(ROLES)}.")
    case = _Case(view, wardrobe, request)
    rows = view.catalogue.rows(ids)
    return case.swapped(rows, ROLES.index(role))


def trace(view: View, wardrobe: Wardrobe, request: LookRequest) -> LookTrace:
    """How the looks come about: what each stage left, and why it dropped the rest."""
    case = _Case(view, wardrobe, request)
    answer = looks(view, wardrobe, request)
    ids = view.catalogue.ids
    reports: list[StageReport] = []
    left = np.ones(len(view), dtype=bool)
    for stage, kept, why in case.sieves:
        gone = np.flatnonzero(left & ~kept)
        left &= kept
        reasons = {ids[row]: why(row) for row in gone.tolist()}
        if reports and reports[-1].stage == stage:
            reasons = {**reports[-1].dropped, **reasons}
            reports.pop()
        reports.append(StageReport(stage, int(left.sum()), reasons))
    shortlist = case.shortlisted if case.role >= 0 else np.zeros(0, dtype=np.int64)
    used = {item for one in answer.looks for item in one.ids}
    last: list[tuple[str, Rows, Callable[[int], str]]] = [
        ("shortlist", shortlist, lambda row: _FURTHER),
        ("compose", view.catalogue.rows(sorted(used)), lambda row: case.passed_over(row, answer.looks)),
    ]
    for stage, rows, reason in last:
        now = np.zeros(len(view), dtype=bool)
        now[rows] = True
        reasons = {ids[row]: reason(row) for row in np.flatnonzero(left & ~now).tolist()}
        reports.append(StageReport(stage, int(now.sum()), reasons))
        left &= now
    return LookTrace(answer, tuple(reports))


def why_missing(view: View, wardrobe: Wardrobe, request: LookRequest, item: str) -> Missing | None:
    """The first stage that lost `item`, its place in its role by pair score, and that score; None if it is there."""
    row = view.catalogue.row(item)
    case = _Case(view, wardrobe, request)
    answer = looks(view, wardrobe, request).looks
    if any(item in look.ids for look in answer):
        return None
    score, rank = None, None
    if case.role >= 0 and wardrobe.role[row] >= 0 and wardrobe.role[row] != case.role:
        rows = np.flatnonzero(case.left & (wardrobe.role == wardrobe.role[row]))
        score = float(case.to_anchor(np.array([row]))[0])
        rank = 1 + int(np.count_nonzero(np.round(case.to_anchor(rows[rows != row]), 9) > round(score, 9)))
    for stage, kept, why in case.sieves:
        if not kept[row]:
            return Missing(item, stage, why(row), rank, score)
    if row in case.shortlisted:
        return Missing(item, "compose", case.passed_over(row, answer), rank, score)
    return Missing(item, "shortlist", _FURTHER, rank, score)


_FURTHER = "others of its role go better with the product"
_OTHERS = "other pieces go better together"

Sieve = tuple[str, Mask, Callable[[int], str]]  # stage, [n] what it keeps, and why it drops a row


@dataclass(frozen=True, slots=True)
class _Plan:
    """One way to build looks: by a template, for an audience."""

    template: Template
    audience: str | None

    @property
    def slots(self) -> tuple[str, ...]:
        return self.template.roles


@dataclass(frozen=True, eq=False)
class _Case:
    """Everything about one anchor and one question, worked out when first needed."""

    view: View
    wardrobe: Wardrobe
    request: LookRequest

    # -- what is asked ---------------------------------------------------------------------------------------------

    @cached_property
    def at(self) -> datetime:
        if self.request.at is None:
            raise ValueError("a request below the door has its moment")
        return self.request.at

    @cached_property
    def row(self) -> int:
        return self.view.catalogue.row(self.request.anchor)

    @cached_property
    def role(self) -> int:
        return int(self.wardrobe.role[self.row])

    @cached_property
    def strategy(self) -> LookStrategy:
        return self.request.strategy or LookStrategy()

    @cached_property
    def curation(self) -> Curation:
        """The rules on these looks. Per cent are of the pieces that the largest look may have."""
        asked = Request(
            placement=Placement.LOOK, anchor=self.request.anchor, at=self.at, locale=self.request.locale,
            k=max((template.pieces for template in self.wardrobe.tables.templates), default=1),
        )  # fmt: skip
        return self.view.curation(self.request.anchor, asked)

    @cached_property
    def _ruled(self) -> OnRows:
        return self.curation.on_rows(self.view.catalogue) or OnRows()

    @cached_property
    def audience(self) -> str | None:
        code = int(self.view.audience[self.row])
        return AUDIENCES[code] if code >= 0 else None

    def name(self, row: int) -> str:
        title = str(self.view.catalogue.frame["title"].iat[row])
        return f"“{title}” ({self.view.catalogue.ids[row]})" if title else self.view.catalogue.ids[row]

    # -- what may be in a look -------------------------------------------------------------------------------------

    @cached_property
    def plans(self) -> list[_Plan]:
        """The ways to build a look: for each audience, the template that fits best on each base."""
        out = []
        locked = {ROLES[role] for role in self.fixed}
        for audience in self._people:
            bases: set[bool] = set()
            templates = self.wardrobe.tables.template_for(
                self.wardrobe.role_of(self.row), audience, self.occasions, self.wardrobe.code_of(self.row)
            )
            best = [one for one in templates if locked <= {*one.roles}]
            for template in best or [one for one in templates if _agree(one, locked)]:
                base = "full_body" in template.roles
                if base not in bases:
                    bases.add(base)
                    out.append(_Plan(template, audience))
        return out

    @cached_property
    def occasions(self) -> tuple[str, ...]:
        """What the looks are for: what was asked, else what the product is for."""
        if self.request.occasion is not None:
            return (self.request.occasion,)
        return tuple(self.view.catalogue.at_row(self.row).occasion)

    @cached_property
    def _people(self) -> list[str | None]:
        """Those of the audiences who wear all that is locked or pinned; all audiences where nobody does."""
        rows = [row for row, _ in self.fixed.values()]
        if not rows:
            return self._audiences
        return [one for one in self._audiences if _for(self.wardrobe, one)[rows].all()] or self._audiences

    @cached_property
    def _audiences(self) -> list[str | None]:
        """Whom looks are for: the anchor's audience; women and men around what is for both."""
        code = int(self.wardrobe.audience[self.row])
        own = AUDIENCES[code] if code >= 0 else None
        if own is not None and own != "unisex":
            return [own]
        known = {AUDIENCES[code] for code in np.unique(self.wardrobe.audience[self.wardrobe.role >= 0]) if code >= 0}
        for group in (("women", "men"), ("girls", "boys")[: 2 if own is None else 0]):
            if both := [audience for audience in group if audience in known]:
                return list(both)
        return [own]

    @cached_property
    def _needed(self) -> frozenset[str]:
        return frozenset(role for plan in self.plans for role in plan.template.required)

    @cached_property
    def sieves(self) -> list[Sieve]:
        """What each stage keeps of the whole shop, in order; the conflicts are asked only of what came so far."""
        wardrobe, mine = self.wardrobe, self.row  # whys that hold the case would keep it, and its view, alive
        out = [
            *self._may,
            ("role", self._placed, lambda row: f"these looks have no place for its role, {_said(wardrobe, row)}"),
            *self._fits,
        ]  # fmt: skip
        agrees = np.zeros(len(self.view), dtype=bool)
        rows = np.flatnonzero(np.logical_and.reduce([kept for _, kept, _ in out]) if self.role >= 0 else agrees)
        if len(rows):
            agrees[rows] = ~wardrobe.conflicts(np.array([self.row]), rows)[0]
        out.append(("match", agrees, lambda row: _sentence(wardrobe.why_not(mine, row))))
        return out

    @cached_property
    def _may(self) -> list[Sieve]:
        """What may be shown beside the product at all, and is worn or carried."""
        view, wardrobe, request = self.view, self.wardrobe, self.request
        at, audience, ruled = self.at, self.audience, self._ruled
        n = len(view)

        def without(items: Sequence[str]) -> Mask:
            mask = np.ones(n, dtype=bool)
            mask[[view.catalogue.row(item) for item in items if item in view.catalogue]] = False
            return mask

        own, family, open_to = np.ones(n, dtype=bool), np.ones(n, dtype=bool), np.ones(n, dtype=bool)
        own[self.row], family[view.family_of(self.row)] = False, False
        for bar in (ruled.everywhere, ruled.here):
            if bar is not None:
                open_to &= ~bar
        barred = None if self.person is None else personal.bars(view, self.person, at)
        return [
            ("eligible", own, lambda row: "it is the product itself"),
            ("eligible", family, lambda row: "it is a colourway of the product"),
            ("eligible", view.dates_allow(at), lambda row: str(view.catalogue.at_row(row).state(at))),
            ("eligible", view.pieces != 0, lambda row: "sold out"),
            ("eligible", view.guard(audience), lambda row: f"it is for {AUDIENCES[view.audience[row]]}"),
            ("eligible", without(request.exclude), lambda row: "the request leaves it out"),
            *([("eligible", ~barred.mask, lambda row: barred.why(np.array([row]))[0])] if barred is not None else []),
            ("block", open_to, lambda row: ruled.why(np.array([row]))[0]),
            ("role", wardrobe.role >= 0, lambda row: "it is nothing that is worn or carried"),
        ]

    @cached_property
    def _fits(self) -> list[Sieve]:
        """What the brand policy, the budget and the occasion leave."""
        view, wardrobe, request, policy = self.view, self.wardrobe, self.request, self.strategy.brands
        out: list[Sieve] = []
        brand = view.identity.brand
        if policy == "one house" and brand[self.row] >= 0:
            out.append(("match", brand == brand[self.row], lambda row: "it is of another house"))
        elif policy == "mixed":
            fresh = (brand != brand[self.row]) | (brand < 0)
            out.append(("match", fresh, lambda row: "it is of the product's own house"))
        if request.budget is not None:
            price = self.price
            out.append(("match", np.isfinite(price), lambda row: "it has no price, and there is a budget"))
            out.append(("match", ~(price > request.budget), lambda row: "it costs more than the budget"))
        if request.occasion is not None:
            suits = suiting(view, wardrobe, request.occasion)
            out.append(("match", suits, lambda row: f"it is not for {request.occasion}"))
        return out

    @cached_property
    def _placed(self) -> Mask:
        """[n] items whose role has a slot in some plan."""
        roles = {ROLES.index(role) for plan in self.plans for role in plan.slots} | set(self.fixed)
        placed = np.zeros(len(ROLES) + 1, dtype=bool)  # the last is for what has no role, -1
        placed[sorted(roles - {self.role, -1})] = True
        out: Mask = placed[self.wardrobe.role]
        return out

    @cached_property
    def left(self) -> Mask:
        """[n] what passes all sieves."""
        out: Mask = np.logical_and.reduce([kept for _, kept, _ in self.sieves])
        return out

    @cached_property
    def quotas(self) -> tuple[ListQuota, ...]:
        """The quotas that speak of something these looks could have; the others can only be told of."""
        return tuple(quota for quota in self.curation.quotas if (quota.mask & self.left).any())

    def passed_over(self, row: int, found: Sequence[Look]) -> str:
        """Why what could have been in these looks is in none: a quota or boundary that forbids it, or better pieces."""
        whole = [self.view.catalogue.rows([look.anchor, *look.ids]) for look in found]
        for quota in self.curation.quotas:
            most = quota.most
            if most is not None and quota.mask[row] and all(quota.mask[rows[1:]].sum() >= most for rows in whole):
                return f"{quota.name} lets no more than {most} in"
        for border in self.curation.borders:
            if border.sides[row] and all((border.sides[rows] == 3 - border.sides[row]).any() for rows in whole):
                return f"{border.name} keeps it apart from what is there"
        return _OTHERS

    def refusal(self, row: int) -> str | None:
        """Why a row may not be in a look, None when it may."""
        return next((why(row) for _, kept, why in self.sieves if not kept[row]), None)

    @cached_property
    def price(self) -> Scores:
        return np.asarray(self.view.catalogue.money("price"), dtype=np.float64)

    # -- locks and pins --------------------------------------------------------------------------------------------

    @cached_property
    def fixed(self) -> dict[int, tuple[int, Origin]]:
        """Role -> row and origin of what must be in every look, as asked: whether it can be is looked at later."""
        return {**self._named, **{role: (row, Origin.PIN) for role, row in self._best[0].items()}}

    @cached_property
    def _named(self) -> dict[int, tuple[int, Origin]]:
        """What of it is pinned or locked by name. A pin has no place in a look but its role's."""
        out: dict[int, tuple[int, Origin]] = {}
        for place in sorted(self.curation.pins):
            item = self.curation.pins[place]
            if item in self.view.catalogue:
                row = self.view.catalogue.row(item)
                role = int(self.wardrobe.role[row])
                if role in self._roles and row != self.row and not self._asleep(row) and self._goes(row):
                    out.setdefault(role, (row, Origin.PIN))
        for name, item in self.request.locked.items():
            row = self.view.catalogue.row(item)
            role = int(self.wardrobe.role[row])
            if role != ROLES.index(name):
                has = f"is {_a(ROLE_NAMES[ROLES[role]])}" if role >= 0 else "has no role in a look"
                raise BadRequest(f"{self.name(row)} {has}, so it cannot be locked as {_a(ROLE_NAMES[name])}.")
            out[role] = (row, Origin.MODEL)
        return out

    @cached_property
    def _roles(self) -> set[int]:
        """The roles that some look around the product could have a piece in."""
        code = self.wardrobe.code_of(self.row)
        of = self.wardrobe.role_of(self.row)
        templates = [
            template
            for audience in self._audiences
            for template in self.wardrobe.tables.template_for(of, audience, self.occasions, code)
        ]
        return {
            role for role, name in enumerate(ROLES)
            if role != self.role and any(_agree(template, {name}) for template in templates)
        }  # fmt: skip

    @cached_property
    def _best(self) -> tuple[dict[int, int], tuple[ListBest, ...]]:
        """Role -> row of the best of what rules hold a place for, and the rules that found nothing.

        As with a pin, the place is that of the piece's role; the best is that with the highest pair score.
        """
        out: dict[int, int] = {}
        lost: list[ListBest] = []
        if not self.curation.best or self.role < 0:
            return out, self.curation.best
        open_to = np.logical_and.reduce([kept for _, kept, _ in (*self._may, *self._fits)])
        here = np.array([self.row])
        for asked in self.curation.best:
            rows = np.flatnonzero(open_to & asked.mask & np.isin(self.wardrobe.role, sorted(self._roles)))
            rows = rows[~self.wardrobe.conflicts(here, rows)[0]] if len(rows) else rows
            rows = rows[np.lexsort((rows, -np.round(self.to_anchor(rows), 9)))]
            have = [*(row for row, _ in self._named.values()), *out.values()]
            for row in rows[:OPTIONS].tolist():
                role = int(self.wardrobe.role[row])
                season = np.bitwise_and.reduce(_seasons(self.wardrobe, np.array([self.row, row, *have])))
                free = role not in self._named and role not in out and bool(season)
                if free and not self.clash(np.array([row, *have]))[0].any() and self._room(have, row):
                    out[role] = row
                    break
            else:
                lost.append(asked)
        return out, tuple(lost)

    def _goes(self, row: int) -> bool:
        """Whether a pinned row could be in a look here at all; one that sleeps must not decide whom looks are for."""
        open_to = all(kept[row] for _, kept, _ in (*self._may, *self._fits))
        return open_to and not self.wardrobe.conflicts(np.array([self.row]), np.array([row]))[0, 0]

    def _room(self, have: Sequence[int], row: int) -> bool:
        """Whether quotas let `row` join the pieces `have`."""
        return not any(
            quota.most is not None and quota.mask[row] and int(quota.mask[list(have)].sum()) >= quota.most
            for quota in self.curation.quotas
        )

    def _asleep(self, row: int) -> str | None:
        """Why a pin does not count: it may not be shown, or is blocked."""
        state = self.view.catalogue.at_row(row).state(self.at)
        if not self.view.live(self.at)[row]:
            return str(state)
        if not self.view.guard(self.audience)[row]:
            return f"it is for {AUDIENCES[self.view.audience[row]]}"
        bars = (self._ruled.everywhere, self._ruled.here)
        return "it is blocked" if any(bar is not None and bar[row] for bar in bars) else None

    @cached_property
    def kept(self) -> dict[int, tuple[int, Origin]]:
        """What of `fixed` every look takes. A lock that cannot be raises BadRequest, a pin that cannot be sleeps."""
        out: dict[int, tuple[int, Origin]] = {}
        season = _seasons(self.wardrobe, np.array([self.row]))[0]
        for role, (row, origin) in sorted(self.fixed.items(), key=lambda pair: pair[1][1] == Origin.PIN):
            reason = self.refusal(row)
            shared = season & _seasons(self.wardrobe, np.array([row]))[0]
            if reason is None and not shared:
                reason = "it shares no season with all the others"
            for other, _ in out.values():
                if reason is None and self.clash(np.array([row, other]))[0, 1]:
                    reason = f"it does not go with {self.name(other)}. {self.wardrobe.why_not(row, other)}".strip(". ")
            if reason is None:
                out[role], season = (row, origin), shared
            elif origin != Origin.PIN:
                raise BadRequest(f"{self.name(row)} cannot be locked: {reason}. Unlock it, or lock another product.")
        return out

    @cached_property
    def notes(self) -> list[Note]:
        """Pins that do not count here, and what the question leaves without meaning."""
        out = []
        taken = {row for row, origin in self.kept.values() if origin == Origin.PIN}
        for _, item in sorted(self.curation.pins.items()):
            if item not in self.view.catalogue:
                out.append(Note("pin_gone", f"The pin of {item} has no product: it is not in the catalogue any more."))
                continue
            row = self.view.catalogue.row(item)
            if row in taken:
                continue
            role = int(self.wardrobe.role[row])
            if (locked := self.kept.get(role)) is not None:
                reason = f"{self.name(locked[0])} has its place"
            else:
                reason = self._asleep(row) or self.refusal(row) or "it has no place beside the others"
            out.append(Note("pin_asleep", f"The pin of {self.name(row)} sleeps: {reason}."))
        for asked in self._best[1]:
            out.append(Note("best_none", f"Nothing that goes with this product matches {asked.name}."))
        if self.strategy.brands == "one house" and self.view.identity.brand[self.row] < 0:
            out.append(Note("no_house", "The product's house is unknown, so pieces of all houses are taken."))
        if self.request.budget is not None and not np.isfinite(self.price).any():
            out.append(Note("no_prices", "No product here has a price, so nothing fits a budget. Leave it out."))
        return out

    # -- scores ----------------------------------------------------------------------------------------------------

    def pairs(self, a: Rows, b: Rows) -> tuple[Matrix, dict[str, Matrix]]:
        return self.wardrobe.score(a, b, self.strategy.weights)

    @cached_property
    def person(self) -> Person | None:
        """Who the looks are for, where they agree to be known."""
        person = self.request.shopper
        return person if person is not None and person.shopper.personal else None

    @cached_property
    def boosts(self) -> Scores | None:
        """[n] what rules and the taste of a shopper add to the pair score with the anchor; None where nothing does."""
        parts = [one for one in (self._boosted, self.taste) if one is not None]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1] if parts else None

    @cached_property
    def _boosted(self) -> Scores | None:
        if not len(self._ruled.boosted):
            return None
        out = np.zeros(len(self.view))
        out[self._ruled.boosted] = self._ruled.amounts
        return out

    @cached_property
    def taste(self) -> Scores | None:
        """[n] what fitting the shopper adds to the best pieces of each role; None where no taste is known."""
        if self.person is None or self.role < 0:
            return None
        found = all_interests(self.view, liked(self.person, self.at))
        if not found:
            return None
        open_ = np.flatnonzero(np.logical_and.reduce([kept for _, kept, _ in self._may]))
        scores = self.pairs(np.array([self.row]), open_)[0][0] if len(open_) else np.zeros(0)
        order = np.lexsort((open_, -np.round(scores, 9)))
        rows = np.sort(open_[order][_nth(self.wardrobe.role[open_[order]]) < TASTED])
        out = np.zeros(len(self.view))
        if len(rows):
            close = fit(self.view, found).normal(rows, DEFAULT_WEIGHTS)
            out[rows] = PERSONAL * np.clip(close, -FAR, FAR)
        return out

    def boost(self, rows: Rows) -> Scores:
        """[m] the same of some rows."""
        return np.zeros(len(rows)) if self.boosts is None else self.boosts[rows]

    def to_anchor(self, rows: Rows) -> Scores:
        """[m] pair score with the anchor, boosts included."""
        if not len(rows):
            return np.zeros(0)
        score: Scores = self.pairs(np.array([self.row]), rows)[0][0]
        return score if self.boosts is None else score + self.boosts[rows]

    @cached_property
    def ranked(self) -> tuple[Rows, Scores]:
        """What passes all sieves, and its pair score with the anchor."""
        rows = np.flatnonzero(self.left)
        return rows, self.to_anchor(rows)

    def clash(self, rows: Rows) -> Mask:
        """[m, m] pairs that may not stand in one look: they conflict, are one style, or break the brand policy."""
        out = self._clash_between(rows, rows)
        np.fill_diagonal(out, False)
        return out

    # -- composing -------------------------------------------------------------------------------------------------

    @cached_property
    def tables(self) -> dict[str | None, Table]:
        """For each audience the candidates of all its slots."""
        return {audience: self._table(*mine) for audience, mine in self.shorts.items()}

    def composes_as(self, other: _Case) -> bool:
        """Whether the other case, under another view of the same shop, composes the same looks."""
        if self.strategy != other.strategy or self.plans != other.plans or self.kept != other.kept:
            return False
        if self.boosts is not None or other.boosts is not None:  # what the looks' scores are shown with
            mine, theirs = (case.boost(self.shortlisted) for case in (self, other))
            if not np.array_equal(mine, theirs):
                return False
        for audience, (rows, scores) in self.shorts.items():
            its, their = other.shorts[audience]
            if not np.array_equal(rows, its) or not np.array_equal(scores, their):
                return False
        limits = [[(quota.least, quota.most) for quota in case.quotas] for case in (self, other)]
        rows = self.shortlisted
        if limits[0] != limits[1] or any(
            not np.array_equal(one.mask[rows], its.mask[rows])
            for one, its in zip(self.quotas, other.quotas, strict=True)
        ):
            return False
        bordered = bool(self.curation.borders or other.curation.borders)
        return not bordered or np.array_equal(self.clash(rows), other.clash(rows))

    @cached_property
    def shorts(self) -> dict[str | None, tuple[Rows, Scores]]:
        """For each audience the rows that its slots may take, and their pair scores with the anchor."""
        rows, scores = self.ranked
        out = {}
        for audience in dict.fromkeys(plan.audience for plan in self.plans):
            guard = _for(self.wardrobe, audience)[rows]
            mine, score = rows[guard], scores[guard]
            chosen = [self._shortlist(mine, score, role) for role in np.unique(self.wardrobe.role[mine]).tolist()]
            at = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)
            out[audience] = mine[at], score[at]
        return out

    def _shortlist(self, rows: Rows, scores: Scores, role: int) -> Rows:
        """Positions in `rows` of the best of a role, best first, not all of one house or kind."""
        fixed = self.kept.get(role)
        if fixed is not None:
            return np.flatnonzero(rows == fixed[0])
        members = front = np.flatnonzero(self.wardrobe.role[rows] == role)
        if len(members) > 40 * SHORTLIST:
            front = members[np.argpartition(-scores[members], 20 * SHORTLIST)[: 20 * SHORTLIST]]
        order = front[np.lexsort((rows[front], -np.round(scores[front], 9)))]
        brand, kind = self.view.identity.brand[rows[order]], self.wardrobe.kind[rows[order]]
        first = (_nth(brand) < SAME_HOUSE) & (_nth(kind) < SAME_KIND)
        if self.strategy.brands == "one house":
            first = _nth(kind) < SAME_KIND
        most = SHORTLIST if ROLES[role] in self._needed else OPTIONAL
        out = np.concatenate([order[first], order[~first]])[:most]
        if self.request.budget is not None:
            cheap = order[np.lexsort((rows[order], self.price[rows[order]]))][:CHEAPEST]
            out = np.concatenate([out, cheap[~np.isin(cheap, out)]])
        for quota in self.quotas:  # something of what it wants, something beside what it limits
            mine = quota.mask[rows[members]] if quota.least else ~quota.mask[rows[members]]
            some = members[mine]
            some = some[np.lexsort((rows[some], -np.round(scores[some], 9)))][:SPARE]
            out = np.concatenate([out, some[~np.isin(some, out)]])
        return out

    def _table(self, rows: Rows, to_anchor: Scores) -> Table:
        wardrobe = self.wardrobe
        among = self.pairs(rows, rows)[0] if len(rows) else np.zeros((0, 0))
        tone, loud = _tones(wardrobe)
        looks_like = np.stack([wardrobe.kind[rows], wardrobe.pieces.colour[rows]], axis=1)
        alike = np.unique(looks_like, axis=0, return_inverse=True)[1]
        return Table(
            rows, wardrobe.role[rows], to_anchor, among, self.clash(rows), self.price[rows],
            self.view.identity.brand[rows], _seasons(wardrobe, rows), alike.reshape(-1).astype(np.int32),
            tone[wardrobe.pieces.colour[rows]], loud[wardrobe.pieces.colour[rows]],
            np.stack([quota.mask[rows] for quota in self.quotas], axis=1) if self.quotas else None,
        )  # fmt: skip

    @cached_property
    def shortlisted(self) -> Rows:
        return np.unique(np.concatenate([rows for rows, _ in self.shorts.values()] or [np.zeros(0, np.int64)]))

    def composed(self) -> list[tuple[_Plan, Rows]]:
        """The looks, each by its plan and its pieces' rows, best first."""
        out: list[tuple[_Plan, Rows]] = []
        earlier: list[dict[int, int]] = []
        scores: list[tuple[int, int, float]] = []
        role = self.wardrobe.role
        # A look only loses by what must differ from it, so what was composed before is an upper bound, and only the
        # plan in front is composed anew.
        fresh: list[tuple[int, Composed | None]] = [(0, one) for one in map(self._compose, self.plans, repeat(()))]
        for number in range(self.request.count):
            while True:
                found = [(place, one) for place, (_, one) in enumerate(fresh) if one is not None]
                if not found:
                    break
                front, best = min(
                    found, key=lambda one: (one[1].empty, one[1].missing, -round(one[1].value, 9), one[0])
                )
                if fresh[front][0] == number:
                    break
                fresh[front] = number, self._compose(self.plans[front], earlier)
            if not found:
                break
            plan = self.plans[front]
            rows = self.tables[plan.audience].rows[[place for place in best.places if place >= 0]]
            if not len(rows) and out:
                break
            out.append((plan, rows))
            earlier.append({int(role[row]): int(row) for row in rows})
            scores.append((best.empty, best.missing, -round(best.score, 9)))
            if not len(rows):
                break
        order = sorted(range(len(out)), key=lambda at: (*scores[at], at))
        return [out[at] for at in order]

    def _compose(self, plan: _Plan, earlier: Sequence[Mapping[int, int]]) -> Composed | None:
        table = self.tables[plan.audience]
        wardrobe, row, change = self.wardrobe, self.row, 1 - self.strategy.lam
        terms = Terms(
            budget=self.request.budget, most=max(plan.template.pieces, len(self.kept)), house=HOUSE * change,
            echo=ECHO * change, reuse=REUSE * change,
            own_house=int(self.view.identity.brand[row]),
            own_tone=int(_tones(wardrobe)[0][wardrobe.pieces.colour[row]]),
            season=int(_seasons(wardrobe, np.array([row]))[0]),
            quotas=tuple((quota.least, quota.most) for quota in self.quotas),
        )  # fmt: skip
        return next(iter(compose(table, self._slots(plan, table), terms, earlier)), None)

    def _slots(self, plan: _Plan, table: Table) -> list[Slot]:
        """The slots of a look: what is locked or pinned first, then what is required, then what may join."""
        required = [ROLES.index(role) for role in plan.template.required]
        optional = [ROLES.index(role) for role in plan.template.optional]
        fixed = [role for role in self.kept if role in required + optional or _agree(plan.template, {ROLES[role]})]
        order = [*fixed, *(role for role in required + optional if role not in fixed)]
        return [
            Slot(role, role in required, np.flatnonzero(table.role == role), role in fixed)
            for role in order
            if role != self.role
        ]

    # -- one look --------------------------------------------------------------------------------------------------

    def look(self, plan: _Plan, rows: Rows) -> Look:
        """The look of the anchor and `rows`, with all that is shown of it."""
        have = {*self.wardrobe.role[rows].tolist(), self.role}
        unfilled = tuple(role for role in plan.template.required if ROLES.index(role) not in have)
        notes = [
            Note("unfilled", f"Nothing in the shop that fits here is {_a(ROLE_NAMES[role])}.") for role in unfilled
        ]
        notes += self._quota_notes(rows)
        return self._look(plan.template.name, unfilled, rows, notes, {})

    def given(self, rows: Rows) -> Look:
        """A look that somebody put together, as it is."""
        roles = self.wardrobe.role[rows]
        for row in rows[roles < 0].tolist():
            raise BadRequest(f"{self.name(row)} is nothing that is worn or carried. Take it out of the look.")
        said = {
            row: (Note("broken", f"{self.name(row)}: {why}."),) for row in rows.tolist() if (why := self._gone(row))
        }
        notes = [note for notes in said.values() for note in notes]
        clash = self.clash(rows)
        for i, j in zip(*np.nonzero(np.triu(clash, 1)), strict=True):
            a, b = int(rows[i]), int(rows[j])
            why = self.wardrobe.why_not(a, b) or self._parted(a, b) or "They are not worn together."
            notes.append(Note("conflict", f"{self.name(a)} and {self.name(b)}: {why}"))
        notes += self._quota_notes(rows)
        have = {ROLES[role] for role in roles.tolist()}
        templates = [plan.template for plan in self.plans if _agree(plan.template, have)] if self.role >= 0 else []
        template = max(templates, key=lambda one: len(have & {*one.roles}), default=None)
        missing = set(template.required) - have - {ROLES[self.role]} if template is not None else set()
        unfilled = tuple(role for role in (template.required if template else ()) if role in missing)
        return self._look(template.name if template else "", unfilled, rows, notes, said)

    def _parted(self, a: int, b: int) -> str:
        """The rule that keeps two pieces apart, in a sentence; "" for none."""
        names = [border.name for border in self.curation.borders if border.sides[a] + border.sides[b] == 3]
        return f"{names[0]} keeps them apart." if names else ""

    def _quota_notes(self, rows: Rows) -> list[Note]:
        """Quotas that a look does not keep, and why it could not."""
        out = []
        for quota in self.curation.quotas:
            count = int(quota.mask[rows].sum())
            if count < quota.least:
                text = f"{quota.name}: {count} of at least {quota.least} pieces; nothing else that fits here matches."
                out.append(Note("quota_short", text))
            if quota.most is not None and count > quota.most:
                out.append(Note("quota_over", f"{quota.name}: {count} pieces, more than {quota.most}."))
        return out

    def _gone(self, row: int) -> str | None:
        """What has become of a piece: why it could not be chosen today."""
        first = [one for one in self._may if one[0] in ("eligible", "block")]
        return next((why(row) for _, kept, why in first if not kept[row]), None)

    def _look(
        self, template: str, unfilled: tuple[str, ...], rows: Rows, notes: Sequence[Note],
        said: Mapping[int, tuple[Note, ...]],
    ) -> Look:  # fmt: skip
        ids, p = self.view.catalogue.ids, len(rows)
        whole = np.concatenate([[self.row], rows]).astype(np.int64)
        _, parts = self.pairs(whole, whole)
        shares = {name: parts[name] for name in PARTS if name in parts}
        for name, amounts in (("boost", self._boosted), ("personal", self.taste)):
            if amounts is not None:
                added = np.zeros((p + 1, p + 1))
                added[0, 1:] = amounts[rows]
                shares[name] = added

        def pair(i: int, j: int) -> Pair:
            mine = {name: float(values[i, j]) for name, values in shares.items()}
            return Pair(ids[whole[i]], ids[whole[j]], math.fsum(mine.values()), mine)

        pairs = [pair(i, j) for i in range(p + 1) for j in range(i + 1, p + 1)]
        contributions = _whole(pairs, p, list(shares))
        order = sorted(range(len(pairs)), key=lambda at: (-round(pairs[at].score, 9), at))
        pieces = tuple(
            Piece(
                ROLES[self.wardrobe.role[row]], ids[row], pairs[at].score, pairs[at].contributions,
                self.kept_origin(row), (*said.get(row, ()), *self._raised(row)),
            )
            for at, row in enumerate(rows.tolist())
        )  # fmt: skip
        best = tuple(pairs[at] for at in order)
        return Look(
            anchor=self.request.anchor, score=math.fsum(contributions.values()), contributions=contributions,
            pieces=pieces, unfilled=unfilled, template=template, harmony=self._harmony(whole, best),
            pairs=tuple(pairs), notes=tuple(notes),
        )  # fmt: skip

    def kept_origin(self, row: int) -> Origin:
        pins = {self.view.catalogue.row(item) for item in self.curation.pins.values() if item in self.view.catalogue}
        return Origin.PIN if row in pins or row in self._best[0].values() else Origin.MODEL

    def _raised(self, row: int) -> tuple[Note, ...]:
        """Which rules boost or bury a piece."""
        found = self._ruled.raised(row) if self.boosts is not None and self.boosts[row] else ()
        return tuple(Note("boosted_by", f"Moved by {name}.") for name in found)

    def _harmony(self, whole: Rows, best: tuple[Pair, ...]) -> Harmony:
        ids, wardrobe = self.view.catalogue.ids, self.wardrobe
        rows = whole.tolist()
        formal = wardrobe.formality[whole]
        known = formal[np.isfinite(formal)]
        prices = [None if not np.isfinite(price) else int(price) for price in self.price[whole].tolist()]
        added = prices[1:]
        return Harmony(
            palette=tuple((ids[row], *_shown(wardrobe, row)) for row in rows),
            formality=(float(known.min()), float(known.max())) if len(known) else None,
            seasons=wardrobe.seasons_of(whole) if wardrobe.seasons[whole].any() else (),
            prices=tuple((ids[row], price) for row, price in zip(rows, prices, strict=True)),
            total=None if None in added else sum(price for price in added if price is not None),
            best=best[:3],
            weakest=best[-1] if best else None,
        )

    # -- swapping --------------------------------------------------------------------------------------------------

    def swapped(self, rows: Rows, role: int) -> Swap:
        """What else could stand in `role` of the look of `rows`."""
        ids, wardrobe = self.view.catalogue.ids, self.wardrobe
        here = wardrobe.role[rows] == role
        now = ids[rows[here][0]] if here.any() else None
        before = self.given(rows).score
        others = rows[~here]
        options = self._options(others, role)
        options = options[~np.isin(options, rows)]
        if not len(options):
            return Swap(ROLES[role], now, before, ())
        whole = np.concatenate([[self.row], others]).astype(np.int64)
        grid, parts = self.pairs(whole, options)
        boost = self.boost(options)
        fixed = self.pairs(whole, whole)[0]
        fixed[0, 1:] += self.boost(others)
        i, j = np.triu_indices(len(whole), 1)
        p = len(others)
        old = fixed[i, j]
        mine, with_others = grid[0] + boost, grid[1:]
        mean = (fixed[0, 1:].sum() + mine) / (p + 1)
        among = (fixed[1:, 1:][np.triu_indices(p, 1)].sum() + with_others.sum(axis=0)) / max(p * (p + 1) / 2, 1)
        worst = np.minimum(np.minimum(mine, with_others.min(axis=0, initial=np.inf)), old.min(initial=np.inf))
        score = mean + among + 0.5 * worst
        order = np.lexsort((options, -np.round(score, 9)))[:OPTIONS]
        found = []
        for at in order.tolist():
            shares = {name: float(values[0, at]) for name, values in parts.items()}
            row = int(options[at])
            for name, amounts in (("boost", self._boosted), ("personal", self.taste)):
                shares |= {} if amounts is None else {name: float(amounts[row])}
            piece = Piece(
                ROLES[role], ids[row], math.fsum(shares.values()), shares, self.kept_origin(row), self._raised(row)
            )
            found.append((piece, float(score[at])))
        return Swap(ROLES[role], now, before, tuple(found))

    def _options(self, others: Rows, role: int) -> Rows:
        """What may stand in `role` beside `others`."""
        if role == self.role:
            return np.zeros(0, dtype=np.int64)
        wanted = self.wardrobe.role == role
        kept = [mask for stage, mask, _ in self.sieves if mask is not self._placed]
        placed = np.logical_and.reduce([*kept, wanted])
        rows: Rows = np.flatnonzero(placed)
        if self.request.budget is not None:
            spent = float(np.nansum(self.price[others]))
            rows = rows[self.price[rows] <= self.request.budget - spent]
        for quota in self.curation.quotas:
            if quota.most is not None and int(quota.mask[others].sum()) >= quota.most:
                rows = rows[~quota.mask[rows]]
        if not len(rows) or not len(others):
            return rows
        return rows[~self._clash_between(others, rows).any(axis=0)]

    def _clash_between(self, a: Rows, b: Rows) -> Mask:
        """[a, b] what may not stand in one look; as `clash`, for two sets."""
        view = self.view
        out: Mask = self.wardrobe.conflicts(a, b)
        same = [view.identity.family, view.identity.picture]
        if self.strategy.brands == "mixed":
            same.append(view.identity.brand)
        for codes in same:
            out |= (codes[a][:, None] == codes[b][None, :]) & (codes[a] >= 0)[:, None]
        for border in self.curation.borders:  # of sides 0, 1 and 2, only 1 and 2 add up to 3
            out |= border.sides[a][:, None] + border.sides[b][None, :] == 3
        return out

    def answer(self, found: tuple[Look, ...], notes: tuple[Note, ...]) -> Looks:
        return Looks(self.request.anchor, found, self.view.versions, self.at, notes, self.wardrobe.id)


def suiting(view: View, wardrobe: Wardrobe, occasion: str) -> Mask:
    """[n] what may be worn for an occasion: it is for that, or its occasions are unknown, and as formal as it asks.

    Raises BadRequest for an occasion that neither the shop nor the tables know.
    """
    wanted = occasion.casefold().strip()
    codes, values = indexed(view.catalogue).of("occasion")
    sets = [tuple(sorted({word.casefold().strip() for word in words})) for words in values]
    formal = OCCASION_FORMALITY.get(wanted)
    said = {word for words in sets for word in words}
    if wanted not in said and formal is None:
        known = ", ".join(sorted(said | OCCASION_FORMALITY.keys()))
        raise BadRequest(f"Nobody here knows the occasion {occasion!r}. Ask for one of: {known}.")
    near = {word: float(agreement.table("occasion", [(wanted,)], [(word,)])[0, 0]) for word in said}
    fits = np.array([not words or max(near[word] for word in words) >= 0.5 for words in sets], dtype=bool)
    out: Mask = fits[codes]
    if formal is not None:
        with np.errstate(invalid="ignore"):
            out = out & ~(np.abs(wardrobe.formality - formal) > FORMAL_ENOUGH)
    return out


def occasions(view: View) -> tuple[str, ...]:
    """The occasions that products of this shop are for, the most frequent first."""
    codes, values = indexed(view.catalogue).of("occasion")
    counts = np.bincount(codes, minlength=len(values))
    total: dict[str, int] = {}
    for words, count in zip(values, counts.tolist(), strict=True):
        for word in words:
            total[word.casefold()] = total.get(word.casefold(), 0) + count
    return tuple(sorted(total, key=lambda word: (-total[word], word)))


def _for(wardrobe: Wardrobe, audience: str | None) -> Mask:
    """[n] what somebody of an audience wears: made for them, for women and men alike, or for nobody in particular."""
    if audience is None:
        return np.ones(len(wardrobe), dtype=bool)
    out: Mask = (wardrobe.audience == AUDIENCES.index(audience)) | (wardrobe.audience < 0)
    if audience in ("men", "women"):
        out |= wardrobe.audience == AUDIENCES.index("unisex")
    return out


def _seasons(wardrobe: Wardrobe, rows: Rows) -> AnyArray:
    """[m] season bits, all of them where nothing is known."""
    bits = wardrobe.seasons[rows]
    return np.where(bits == 0, EVERY_SEASON, bits)


_toned: weakref.WeakKeyDictionary[Wardrobe, tuple[Codes, Scores]] = weakref.WeakKeyDictionary()


def _tones(wardrobe: Wardrobe) -> tuple[Codes, Scores]:
    """By code of colour, the unknown one last: its family, -1 unknown, and how much its repetition is noticed, 0..1."""
    found = _toned.get(wardrobe)
    if found is None:
        points = [colour.lab for colour in wardrobe.colours]
        family = [-1 if lab is None else _family(*lch(np.array([lab]))[0].tolist()) for lab in points]
        loud = [0.0 if colour.lab is None else 1.0 - 0.5 * colour.neutral for colour in wardrobe.colours]
        found = _toned[wardrobe] = np.array([*family, -1], dtype=np.int32), np.array([*loud, 0.0])
    return found


_colours: weakref.WeakKeyDictionary[Wardrobe, dict[int, tuple[str, str]]] = weakref.WeakKeyDictionary()


def _shown(wardrobe: Wardrobe, row: int) -> tuple[str, str]:
    """A product's colour word and "#rrggbb", kept by code of colour."""
    kept = _colours.setdefault(wardrobe, {})
    code = int(wardrobe.pieces.colour[row])
    if code not in kept:
        kept[code] = wardrobe.colour_of(row)
    return kept[code]


def _family(lightness: float, chroma: float, hue: float) -> int:
    """Black, grey, white, brown, beige, navy, or one of twelve hues."""
    if chroma < 12.0:
        return 0 if lightness < 28.0 else 2 if lightness > 82.0 else 1
    if 40.0 <= hue < 95.0 and chroma < 42.0:
        return 4 if lightness > 62.0 else 3
    if 250.0 <= hue < 310.0 and lightness < 28.0:
        return 5
    return 6 + int(hue // 30.0)


def _agree(template: Template, roles: set[str]) -> bool:
    """Whether pieces of these roles can stand in a look of the template: a dress leaves no place for a bottom."""
    whole = "full_body" in template.roles
    return not roles & ({"top", "bottom"} if whole else {"full_body"})


def _nth(codes: AnyArray) -> Rows:
    """[m] how many of the same code came before; 0 for the unknown, -1.

    >>> _nth(np.array([7, 7, -1, 5, 7, -1])).tolist()
    [0, 1, 0, 0, 2, 0]
    """
    order = np.argsort(codes, kind="stable")
    ordered, place = codes[order], np.arange(len(codes))
    fresh = place.copy()
    fresh[1:][ordered[1:] == ordered[:-1]] = 0
    out = np.empty(len(codes), dtype=np.int64)
    out[order] = place - np.maximum.accumulate(fresh)
    return np.where(codes >= 0, out, 0)


def _whole(pairs: Sequence[Pair], p: int, names: Sequence[str]) -> dict[str, float]:
    """Part -> its share of the score of a look of p pieces: of both means and half the worst pair."""
    if p == 0:
        return dict.fromkeys(names, 0.0)
    with_anchor, among = pairs[:p], pairs[p:]
    worst = min(pairs, key=lambda pair: round(pair.score, 9))
    return {
        name: math.fsum(pair.contributions[name] for pair in with_anchor) / p
        + math.fsum(pair.contributions[name] for pair in among) / max(len(among), 1)
        + 0.5 * worst.contributions[name]
        for name in names
    }


def _said(wardrobe: Wardrobe, row: int) -> str:
    return ROLE_NAMES[ROLES[wardrobe.role[row]]]


def _sentence(why: str) -> str:
    return why[:1].lower() + why[1:].rstrip(".") if why else "it does not go with the product"


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name.lower()}" if not name.endswith("s") else name.lower()
