"""What would it take: the smallest change that brings a product into the first k of a list, or keeps it out.

First the weights; where no setting of them does, the variety and the caps, the filters of the question, stock and
dates, or one rule. Whatever is answered has been asked of the list itself: an answer carries the list that it leads to,
and where nothing was found the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.arrays import Scores
from core.domain.catalogue import Item, State
from core.domain.errors import BadRequest
from core.domain.listing import Listing, Missing, Origin, Placed
from core.domain.placements import Placement
from core.domain.query import Filters, Request
from core.domain.rules import BOOST_STEPS, Rule
from core.domain.sentences import label
from core.domain.strategy import DEFAULT_WEIGHTS, SIGNAL_NAMES, SIMILARITY_SIGNALS, Strategy
from core.lab.quick import Quick, enabled, point, strategy_at
from core.lab.weights import OnLook, smallest_move
from core.recommend.filters import allowed
from core.recommend.for_you import Around, Standing, standing
from core.recommend.view import View

IN, OUT = "in", "out"
GOALS = (IN, OUT)
RULES_TRIED = 40  # rules that are taken away one at a time, those that the list names first
TWIN = "a twin of the product itself"
FIELD_WORDS = {"brand": "house", "brand_tier": "brand tier", "category": "category", "family_id": "style"}

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class House:
    """How lists are asked for; the door hands these in.

    lists: the list that is served.    missing: why an item is not in it.    ruled: the same shop under these rules.
    """

    lists: Callable[[View, Request], Listing]
    missing: Callable[[View, Request, str], Missing | None]
    ruled: Callable[[View, Sequence[Plain]], View]


@dataclass(frozen=True, slots=True)
class Change:
    """One change that does it, with the list it leads to.

    kind:     weights, diversity, brand_cap, band_cap, filters, stock, date, drop_rule, boost, pin or block.
    text:     what it is, for people.
    place:    of the product in `ids`, the list of the changed shop; None where it is not in it any more.
    distance: of the weights, where these are what changes.
    strategy, request, facts, rule, drop: what is to be adopted: a strategy, another question, facts of the product, a
              rule to add, the id of a rule to take out.
    """

    kind: str
    text: str
    place: int | None
    ids: tuple[str, ...]
    distance: float | None = None
    strategy: Strategy | None = None
    request: Request | None = None
    facts: Plain | None = None
    rule: Plain | None = None
    drop: str | None = None

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"kind": self.kind, "text": self.text, "place": self.place, "verified": True}
        if self.distance is not None:
            plain["distance"] = round(self.distance, 9)
        if self.strategy is not None:
            plain["strategy"] = self.strategy.as_json()
        if self.request is not None:
            plain["filters"], plain["exclude"] = self.request.filters.as_json(), list(self.request.exclude)
        if self.facts is not None:
            facts = self.facts.items()
            plain["facts"] = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts}
        if self.rule is not None:
            plain["rule"] = dict(self.rule)
        if self.drop is not None:
            plain["drop"] = self.drop
        return {**plain, "ids": list(self.ids)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What it would take, for one product and one list.

    anchor:  None for the list of a shopper.
    place:   where the product stands now, None where it is not in the list.
    changes: each does it, by itself; the smallest first. Empty where it is so already, or where nothing does.
    said:    the answer in sentences.    tried: settings of weights that were looked at.    asked: lists that were made.
    """

    anchor: str | None
    item: str
    goal: str
    k: int
    place: int | None
    changes: tuple[Change, ...]
    said: tuple[str, ...]
    missing: Missing | None = None
    tried: int = 0
    asked: int = 0

    @property
    def text(self) -> str:
        return " ".join(self.said)

    def as_json(self) -> dict[str, Any]:
        return {
            "anchor": self.anchor, "item": self.item, "goal": self.goal, "k": self.k, "place": self.place,
            "text": self.text, "changes": [change.as_json() for change in self.changes],
            "missing": None if self.missing is None else self.missing.as_json(),
            "settings_tried": self.tried, "lists_made": self.asked,
        }  # fmt: skip


def what_would_it_take(
    house: House,
    view: View,
    request: Request,
    item: str,
    *,
    goal: str = IN,
    every: bool = False,
    on_look: OnLook | None = None,
) -> Answer:
    """The smallest change that brings `item` into the list of `request`, or with the goal "out" takes it out of it.

    every: also what else would do it, where weights do.    on_look: told how many settings have been looked at.

    Raises UnknownItem, and BadRequest for a list that is not "You May Also Like" or a goal that is none.
    """
    if goal not in GOALS:
        raise BadRequest(f"{goal!r} is no goal. Ask what it would take to have it {IN} or {OUT}.")
    if request.placement != Placement.SIMILAR or request.anchor is None:
        raise BadRequest(
            "What it would take is known of You May Also Like and For You. Ask about the list around a product."
        )
    if item == request.anchor:
        raise BadRequest("A product never stands in its own list. Name another one.")
    return _Asking(house, view, request, item, goal == IN, every, on_look).answer()


def what_would_it_take_for(
    house: House,
    view: View,
    request: Request,
    item: str,
    around: Around | None,
    *,
    goal: str = IN,
    every: bool = False,
    on_look: OnLook | None = None,
) -> Answer:
    """The same for the list For You of `request.shopper`; house: of such lists.

    Weights are looked for among shares of content, behaviour and trend. What the shopper did or said is theirs: no
    change of the shop's is named where that keeps a product from them. Raises UnknownItem, BadRequest.
    """
    if goal not in GOALS:
        raise BadRequest(f"{goal!r} is no goal. Ask what it would take to have it {IN} or {OUT}.")
    found = standing(view, request, item, around)
    asked = request.changed(strategy=found.strategy) if found.interest is not None else request
    return _AskingFor(house, view, asked, item, goal == IN, every, on_look, found=found).answer()


@dataclass
class _Asking:
    """One question on its way to an answer."""

    house: House
    view: View
    request: Request
    item: str
    into: bool
    every: bool
    on_look: OnLook | None
    tried: int = 0
    asked: int = 0
    changes: list[Change] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.row = self.view.catalogue.row(self.item)
        self.strategy = self.request.strategy or self.view.strategy
        assert self.request.at is not None
        self.anchor, self.at = self.request.anchor, self.request.at

    def answer(self) -> Answer:
        now = self._standing(self.view, self.request)
        place = None if now is None else now.rank
        if (place is not None) == self.into:
            said = f"It stands there already, at place {place}." if self.into else "It is not in the list."
            return self._told(place, None, [said])
        if not self.into:
            assert now is not None
            self._out(now)
            return self._told(place, None, self.said)
        missing = self.house.missing(self.view, self.request, self.item)
        self._in(missing)
        return self._told(None, missing, self.said)

    def _told(self, place: int | None, missing: Missing | None, said: Sequence[str]) -> Answer:
        goal = IN if self.into else OUT
        return Answer(
            self.anchor, self.item, goal, self.request.k, place, tuple(self.changes), tuple(said), missing, self.tried,
            self.asked,
        )  # fmt: skip

    # -- into a list, out of it ----------------------------------------------------------------------------------------

    def _in(self, missing: Missing | None) -> None:
        stage = missing.stage if missing is not None else ""
        if stage == "eligible":
            self._allowed()
            return
        if stage == "block":
            self._without_rules(missing)
            if not self.changes:
                self.said.append("No one rule keeps it out by itself, so taking away one of them does not bring it in.")
            return
        if missing is not None and missing.reason == TWIN:
            self.said.append("To a shopper it is the product itself once more, and that never stands in its own list.")
            return
        self._weights()
        if self.changes and not self.every:
            return
        self._other_ways(missing)
        self._sum_up()

    def _out(self, now: Placed) -> None:
        if now.origin is Origin.PIN:
            self._without_rules(None)
            if self.changes:
                self.said.append("A pin holds it there; weights do not move it.")
                return
        self._weights()
        if self.changes and not self.every:
            return
        self._other_ways(None)
        self._sum_up()

    def _other_ways(self, missing: Missing | None) -> None:
        self._variety()
        self._caps()
        self._boosts()
        if self.view.rules:
            self._without_rules(missing)
        self._pin_or_block()

    def _sum_up(self) -> None:
        if any(change.kind == "weights" for change in self.changes):
            return
        verb = "bring it in" if self.into else "take it out"
        looked = f"No setting of the weights among {self.tried:,} does" if self.tried else "Weights cannot do it"
        if not self.changes:
            self.said.append(f"{looked}, and no other single change was found that would {verb}.")
            return
        kinds = list(dict.fromkeys(_KIND_WORDS[change.kind] for change in self.changes))
        named = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} or {kinds[-1]}"
        self.said.append(f"{looked}; {named} would.")
        self.said.append(self.changes[0].text)

    # -- the list itself -----------------------------------------------------------------------------------------------

    def _list(self, view: View, request: Request) -> Listing:
        self.asked += 1
        return self.house.lists(view, request)

    def _standing(self, view: View, request: Request) -> Placed | None:
        found = self._list(view, request)
        return next((one for one in found.items if one.id == self.item), None)

    def _kept(self, change: Callable[[str, int | None, tuple[str, ...]], Change], view: View, request: Request) -> bool:
        """Keep a change if the list itself says that it does it. change: where it then stands, place, and ids -> it."""
        found = self._list(view, request)
        place = found.ids.index(self.item) + 1 if self.item in found.ids else None
        if (place is not None) != self.into:
            return False
        then = f"it stands at place {place}" if place is not None else "it is not in the list any more"
        self.changes.append(change(then, place, found.ids))
        return True

    # -- weights -------------------------------------------------------------------------------------------------------

    def _weights(self) -> None:
        names = enabled(self.view)
        weighed = any(self.strategy.weights.get(name, 0.0) > 0 for name in names)
        if not weighed or not any(name in SIMILARITY_SIGNALS for name in names):
            return
        quick = Quick(self.view, self.request, self.row)

        def ask(weights: Scores) -> int:
            found = self._list(self.view, self.request.changed(strategy=strategy_at(self.strategy, names, weights)))
            return found.ids.index(self.item) + 1 if self.item in found.ids else 0

        found = smallest_move(quick, ask, into=self.into, on_look=self.on_look)
        self.tried = found.tried
        if found.move is None:
            return
        proposed = strategy_at(self.strategy, names, found.move.weights)
        distance, told = found.move.distance, moved_weights(self.strategy, names, found.move.weights)
        if self._kept(
            lambda then, place, ids: Change("weights", f"With {told} {then}.", place, ids, distance, strategy=proposed),
            self.view, self.request.changed(strategy=proposed),
        ):  # fmt: skip
            self.said.append(self.changes[-1].text)

    # -- variety and caps ----------------------------------------------------------------------------------------------

    def _variety(self) -> None:
        """The least change of diversity on its scale from 0 to 100: in steps of five, then one by one."""
        now = round(100 * (1 - self.strategy.lam))

        def works(value: int) -> bool:
            tried = self.strategy.changed(lam=round(1 - value / 100, 4))
            return self._kept(
                lambda then, place, ids: Change(
                    "diversity", f"With diversity {value} instead of {now} {then}.", place, ids, strategy=tried
                ),
                self.view, self.request.changed(strategy=tried),
            )  # fmt: skip

        for far in range(5, 105, 5):
            for value in (now - far, now + far):
                if -5 < value < 105 and works(min(100, max(0, value))):
                    coarse = self.changes.pop()
                    step = 1 if value > now else -1
                    if not any(works(near) for near in range(now + step * (far - 4), value, step) if 0 <= near <= 100):
                        self.changes.append(coarse)
                    return

    def _caps(self) -> None:
        caps = (("brand_cap", "house", self.strategy.brand_cap), ("band_cap", "price band", self.strategy.band_cap))
        for kind, what, cap in caps:
            wider = [*range((cap or 10) + 1, 11), None] if cap is not None else []
            for value in wider if self.into else range((cap or 10) - 1, 0, -1):
                tried = self.strategy.changed(**{kind: value})
                limit = "no limit" if value is None else f"at most {value}"
                before = "no limit" if cap is None else f"{cap}"
                text = f"With {limit} of ten for one {what} instead of {before}"
                if self._kept(
                    lambda then, place, ids, kind=kind, text=text, tried=tried: Change(  # type: ignore[misc]
                        kind, f"{text} {then}.", place, ids, strategy=tried
                    ),
                    self.view, self.request.changed(strategy=tried),
                ):  # fmt: skip
                    break

    # -- rules ---------------------------------------------------------------------------------------------------------

    def _rule(self, **says: Any) -> Rule:
        """A rule about this product in this list alone, as the shop would make it now."""
        scope: dict[str, Any] = {"placements": [str(self.request.placement)]}
        scope |= {} if self.anchor is None else {"anchors": [self.anchor]}
        return Rule.from_json({**says, "target": {"items": [self.item]}, "scope": scope}, made_at=self.at)

    @property
    def _here(self) -> str:
        return "in For You" if self.anchor is None else "beside this product"

    def _with(self, rule: Rule) -> View:
        return self.house.ruled(self.view, [*self.view.rules, rule.as_json()])

    def _boosts(self) -> None:
        for step in BOOST_STEPS:
            rule = self._rule(kind="boost", step=step, direction="up" if self.into else "down")
            verb = f"A {step} boost" if self.into else f"Burying it, {step},"
            if self._kept(
                lambda then, place, ids, rule=rule, verb=verb: Change(  # type: ignore[misc]
                    "boost", f"{verb} {self._here} does: {then}.", place, ids, rule=rule.as_json()
                ),
                self._with(rule), self.request,
            ):  # fmt: skip
                return

    def _pin_or_block(self) -> None:
        if self.into:
            rule = self._rule(kind="pin", place=self.request.k)
            text = f"A pin to place {self.request.k} does"
        else:
            rule, text = self._rule(kind="block"), f"Blocking it {self._here} does"
        self._kept(
            lambda then, place, ids: Change(rule.kind, f"{text}: {then}.", place, ids, rule=rule.as_json()),
            self._with(rule), self.request,
        )  # fmt: skip

    def _without_rules(self, missing: Missing | None) -> None:
        """One rule taken away: the first that does it, those that the list names before the others."""
        for rule, name, at in self._suspects(missing.reason if missing is not None else ""):
            left = [plain for number, plain in enumerate(self.view.rules) if number != at]
            if self._kept(
                lambda then, place, ids, rule=rule, name=name: Change(  # type: ignore[misc]
                    "drop_rule", f"Without the rule {name} {then}.", place, ids, drop=rule.id
                ),
                self.house.ruled(self.view, left), self.request,
            ):  # fmt: skip
                self.said.append(self.changes[-1].text)
                return

    def _suspects(self, reason: str) -> Iterator[tuple[Rule, str, int]]:
        catalogue = self.view.catalogue
        found = []
        for at, plain in enumerate(self.view.rules):
            try:
                rule = Rule.from_json(plain)
            except BadRequest:
                continue  # it could not be read, so it bears on no list
            if rule.in_force(self.at):
                name = label(rule, catalogue.title, catalogue.currency)
                named = name in reason or self.item in rule.target.named
                found.append((not named, at, rule, name))
        for _, at, rule, name in sorted(found, key=lambda one: one[:2])[:RULES_TRIED]:
            yield rule, name, at

    # -- stock, dates, the question itself -----------------------------------------------------------------------------

    def _allowed(self) -> None:
        """It may not be shown at all: what keeps it out is a fact of it, or the question itself."""
        item, view, request = self.view.catalogue.item(self.item), self.view, self.request
        if never := self._never():
            self.said.append(never)
            return
        facts, why, then = facts_to_sell(item, self.at)
        if facts:
            overlay = {**view.facts, self.item: {**view.facts.get(self.item, {}), **facts}}
            view = view.with_facts(overlay, view.versions.facts)
        asked, loosened = loosened_request(request, view, self.row)
        why += loosened
        cause = " and ".join(why) or "It may not be shown"
        sentence = cause[0].upper() + cause[1:]
        kind = ("stock" if "stock" in facts else "date") if facts else "filters"
        how = then if facts else "With that let go,"
        if facts and loosened:
            how = f"{then.rstrip(',')} and with that let go,"
        if self._kept(
            lambda where, place, ids: Change(
                kind, f"{sentence}. {how} {where}.", place, ids,
                request=asked if loosened else None, facts=facts or None,
            ),
            view, asked,
        ):  # fmt: skip
            self.said.append(self.changes[-1].text)
            return
        rank = self.house.missing(view, asked, self.item)
        where = f"; by score it would be number {rank.would_be_rank}" if rank and rank.would_be_rank else ""
        self.said.append(f"{sentence}. {how} it would still not be among the first {request.k}{where}.")

    def _never(self) -> str:
        """Why no change of facts or of the question brings it in; "" where one may."""
        assert self.anchor is not None
        item, anchor = self.view.catalogue.item(self.item), self.view.catalogue.item(self.anchor)
        if self.row in self.view.family_of(self.view.catalogue.row(self.anchor)).tolist():
            return "It is a colourway of the product, and these never stand in its own list."
        if not self.view.guard(anchor.audience)[self.row]:
            return f"It is for {item.audience} and this list is for {anchor.audience}; that is not relaxed."
        return ""


@dataclass
class _AskingFor(_Asking):
    """The same of the list of a shopper. found: what stands behind the product in front of them."""

    found: Standing | None = None

    def _never(self) -> str:
        assert self.found is not None
        missing = self.found.missing
        if missing is None or not (self.found.barred or "met it already" in missing.reason):
            return ""
        return f"It is kept from this shopper: {missing.reason}. That is theirs to say, so nothing the shop sets does."

    def _weights(self) -> None:
        """The nearest shares of content, behaviour and trend, and of what is between them and the present ones."""
        assert self.found is not None
        if self.found.interest is None:
            return
        steps = [one for one in _shares(self.strategy) if one != _parts(self.strategy)]
        present = np.array(_parts(self.strategy))
        steps.sort(key=lambda one: (round(float(np.linalg.norm(np.array(one) - present)), 9), one))
        for shares in steps:
            if self._try(shares):
                self._nearer(present, np.array(shares))
                return

    def _try(self, shares: Sequence[float]) -> bool:
        self.tried += 1
        if self.on_look is not None:
            self.on_look(self.tried, len(_shares(self.strategy)))
        return (
            self._standing(self.view, self.request.changed(strategy=_shared(self.strategy, shares))) is not None
        ) == (self.into)

    def _nearer(self, present: Scores, found: Scores) -> None:
        """Half the way back as long as that does it too, in whole per cent; then keep it."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._try(_whole(present + middle * (found - present))) else (middle, high)
        shares = _whole(present + high * (found - present))
        proposed = _shared(self.strategy, shares)
        told = ", ".join(
            f"{name} {100 * new:.0f} % instead of {100 * old:.0f} %"
            for name, new, old in zip(("content", "behaviour", "trend"), shares, present.tolist(), strict=True)
            if round(100 * new) != round(100 * old)
        )
        distance = float(np.linalg.norm(np.array(shares) - present))
        if self._kept(
            lambda then, place, ids: Change("weights", f"With {told} {then}.", place, ids, distance, strategy=proposed),
            self.view, self.request.changed(strategy=proposed),
        ):  # fmt: skip
            self.said.append(self.changes[-1].text)


HALVINGS = 4
GRID = 10  # steps of the shares that are looked at


def _parts(strategy: Strategy) -> tuple[float, float, float]:
    """The shares of content, behaviour and trend; other priors count with content."""
    total = sum(max(0.0, float(weight)) for weight in strategy.weights.values()) or 1.0
    behaviour, trend = (float(strategy.weights.get(name, 0.0)) / total for name in ("behaviour", "trending"))
    return 1.0 - behaviour - trend, behaviour, trend


def _shares(strategy: Strategy) -> list[tuple[float, float, float]]:
    """All shares in tenths; without content only where the strategy has none either."""
    least = 1 if any(strategy.weights.get(name) for name in DEFAULT_WEIGHTS) else 0
    return [
        (content / GRID, behaviour / GRID, (GRID - content - behaviour) / GRID)
        for content in range(least, GRID + 1)
        for behaviour in range(GRID + 1 - content)
    ]


def _shared(strategy: Strategy, shares: Sequence[float]) -> Strategy:
    """`strategy` with these shares of content, behaviour and trend; what makes up content keeps its proportions."""
    content = {
        name: float(w) for name, w in strategy.weights.items() if name not in ("behaviour", "trending") and w > 0
    }
    content = content or dict(DEFAULT_WEIGHTS)
    whole = sum(content.values())
    weights = {name: shares[0] * weight / whole for name, weight in content.items()}
    return strategy.changed(weights={**weights, "behaviour": shares[1], "trending": shares[2]})


def _whole(shares: Scores) -> tuple[float, float, float]:
    """Shares in whole per cent that sum to 1: content takes what is left over."""
    behaviour, trend = round(float(shares[1]), 2), round(float(shares[2]), 2)
    return round(1.0 - behaviour - trend, 2), behaviour, trend


_KIND_WORDS = {
    "weights": "other weights", "diversity": "another diversity", "brand_cap": "another limit for one house",
    "band_cap": "another limit for one price band", "filters": "another question", "stock": "new stock",
    "date": "another date", "boost": "a boost", "pin": "a pin", "block": "a block", "drop_rule": "one rule less",
}  # fmt: skip


def moved_weights(strategy: Strategy, names: Sequence[str], weights: Scores) -> str:
    """What of `weights` differs from those of `strategy`, in per cent: "Words 43 % instead of 35 %, …"."""
    before = point(strategy, names)
    told = []
    for name, old, new in zip(names, before.tolist(), weights.tolist(), strict=True):
        if abs(new - old) >= 5e-7:
            places = next((p for p in (0, 1, 2) if round(100 * new, p) != round(100 * old, p)), 4)
            places = max(places, 0 if abs(100 * new - round(100 * new)) < 1e-6 else 1)
            now, then = (f"{100 * share:.{places if share else 0}f} %" for share in (old, new))
            told.append(f"{SIGNAL_NAMES[name]} {then} instead of {now}")
    return ", ".join(told) or "the weights that it has"


def facts_to_sell(item: Item, at: datetime) -> tuple[dict[str, Any], list[str], str]:
    """The facts that would put `item` on sale at `at`, what keeps it from that, and how to say that they were so."""
    facts: dict[str, Any] = {}
    why, then = [], []
    if item.pieces == 0:
        sizes = list(item.stock or {}) or [""]
        facts["stock"] = dict.fromkeys(sizes, 1)
        why.append("it is sold out")
        then.append("restocked")
    if item.state(at) is State.RETIRED:
        facts["retired_at"] = None
        why.append("it is retired")
        then.append("brought back")
    waits = [date for date in (item.release_at, item.embargo_until) if date is not None and date > at]
    if waits:
        if item.release_at is not None and item.release_at > at:
            facts["release_at"] = at
        if item.embargo_until is not None and item.embargo_until > at:
            facts["embargo_until"] = None
        last = max(waits)
        why.append(f"it goes on sale on {last.day} {last:%B %Y}")
        then.append("on sale already")
    how = " and ".join(then)
    return facts, why, f"{how[:1].upper()}{how[1:]},"


def loosened_request(request: Request, view: View, row: int) -> tuple[Request, list[str]]:
    """`request` with what keeps `row` out let go, and what that is: as little as does it."""
    assert request.at is not None
    item = view.catalogue.ids[row]
    why, filters, exclude = [], request.filters, request.exclude
    if item in exclude:
        exclude = tuple(one for one in exclude if one != item)
        why.append("the question leaves it out")
    for name in filters.fields:
        alone = Filters({name: filters.fields[name]})
        if not allowed(view.catalogue, alone, request.at)[row]:
            fields = {other: values for other, values in filters.fields.items() if other != name}
            filters = Filters(fields, filters.price_from, filters.price_to, filters.in_stock)
            word = FIELD_WORDS.get(name, name.replace("_", " "))
            why.append(f"the question asks for another {word}")
    price = view.catalogue.money("price")[row]
    low, high = filters.price_from, filters.price_to
    if low is not None or high is not None:
        if not np.isfinite(price):
            low = high = None
            why.append("it has no price and the question asks for one")
        elif low is not None and price < low:
            low = int(price)
            why.append(f"it costs {price / 100:,.2f} and the question asks for more")
        elif high is not None and price > high:
            high = int(price)
            why.append(f"it costs {price / 100:,.2f} and the question asks for less")
        filters = Filters(filters.fields, low, high, filters.in_stock)
    return request.changed(filters=filters, exclude=exclude), why
