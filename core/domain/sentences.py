"""A rule, or a campaign, as one English sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from core.domain.campaigns import Campaign
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Filters
from core.domain.rules import Block, Boost, Boundary, Keep, Pin, PinBest, Quota, Rule, Target
from core.domain.words import money

STEP_WORDS = {"gentle": "gently", "clear": "clearly", "strong": "strongly"}
BY_WORDS = {"margin": "margin", "stock_depth": "stock", "newness": "newness"}
FEW = 3  # that are named one by one

Name = Callable[[str], str]  # id -> title, "" for a product that is not there


def sentence(
    rule: Rule, name: Name = lambda id: "", zone: str | None = None, currency: str | None = None
) -> str:  # fmt: skip
    """What `rule` says. name: id -> title.    zone: dates are told in it, by default in the rule's own.

    currency: of the prices, ISO 4217.

    >>> from core.domain.rules import Scope
    >>> bags = Scope(anchor_filters=Filters({"category": ("Bags",)}))
    >>> sentence(Rule("p1", Pin(2), Target(("w-1",)), bags), lambda id: "Wool coat")
    'Pin “Wool coat” (w-1) to place 2 beside all bags.'
    """
    parts = [f"{_does(rule, name, currency)}{_where(rule, name, currency)}"]
    shown = zone or rule.zone
    if rule.starts_at is not None:
        parts.append(f"from {_moment(rule.starts_at, shown)}")
    if rule.ends_at is not None:
        parts.append(f"until {_moment(rule.ends_at, shown)}")
    if rule.campaign is not None:
        parts.append(f"while the campaign {rule.campaign} runs")
    text = ", ".join(parts) + "."
    return f"{text} It is off." if rule.off else text


def campaign_sentence(campaign: Campaign, name: Name = lambda id: "", zone: str | None = None) -> str:
    """When a campaign runs and what it is about. zone: dates are told in it, by default in the campaign's own.

    >>> campaign_sentence(Campaign("a", "Autumn", heroes=("w-1",)), lambda id: "Wool coat")
    '“Autumn”, with “Wool coat” (w-1).'
    """
    shown = zone or campaign.zone
    parts = [f"“{campaign.name}”"]
    if campaign.starts_at is not None:
        parts.append(f"from {_moment(campaign.starts_at, shown)}")
    if campaign.ends_at is not None:
        parts.append(f"until {_moment(campaign.ends_at, shown)}")
    if campaign.collection:
        parts.append(f"about the collection {campaign.collection}")
    if campaign.heroes:
        parts.append(f"with {_items(campaign.heroes, name)}")
    text = ", ".join(parts) + "."
    return f"{text} It is off." if campaign.off else text


def label(rule: Rule, name: Name = lambda id: "", currency: str | None = None) -> str:
    """How a rule is called where it is the reason for something."""
    return f"“{rule.note or _does(rule, name, currency)}” ({rule.id})"


def _does(rule: Rule, name: Name, currency: str | None) -> str:
    act, what = rule.act, _target(rule.target, name, currency)
    in_looks = rule.scope.placements == (Placement.LOOK,)  # a look has no places but those of its roles
    match act:
        case Pin():
            pinned = _items(rule.target.items, name)
            return f"Put {pinned} into the looks" if in_looks else f"Pin {pinned} to place {act.place}"
        case PinBest():
            return (
                f"Put the best of {what} into the looks" if in_looks else f"Pin the best of {what} to place {act.place}"
            )
        case Block():
            return f"Never show {what}"
        case Keep():
            return f"Show only {what}"
        case Boost():
            verb = "boost" if act.amount > 0 else "bury"
            how = f"{STEP_WORDS[act.step]} {verb}" if act.step else verb
            number = "" if act.step else f" by {abs(act.amount):g}"
            return f"{how.capitalize()} {what}{number}" + (
                f" in proportion to their {BY_WORDS[act.by]}" if act.by else ""
            )
        case Quota():
            unit = " % of the places" if act.percent else " places"
            bounds = [f"at least {act.least}"] if act.least is not None else []
            bounds += [f"at most {act.most}"] if act.most is not None else []
            if act.least == act.most and act.least is not None:
                bounds = [f"exactly {act.least}"]
            text = f"Give {' and '.join(bounds)}{unit} to {what}"
            return text.replace(" 1 places", " 1 place")
        case Boundary():
            ours = _list(act.brands, "and")
            if act.only:
                return f"Beside {_list(act.brands, 'or')} show only {_list((*act.brands, *act.others), 'and')}"
            return f"Never show {ours} in one list with {_list(act.others, 'or')}"
        case _:
            assert_never(act)


def _where(rule: Rule, name: Name, currency: str | None) -> str:
    scope, out = rule.scope, ""
    beside = []
    if scope.anchors:
        beside.append(_items(scope.anchors, name))
    if scope.anchor_filters:
        noun = _things(scope.anchor_filters, currency)
        beside.append(f"where these are {noun}" if scope.anchors else f"all {noun}")
    if beside:
        out += f" beside {' '.join(beside)}"
    if scope.audiences:
        out += f" for {_list(scope.audiences, 'and')}"
    if scope.placements:
        out += f" in {_list([PLACEMENT_NAMES[placement] for placement in scope.placements], 'and')}"
    if scope.locales:
        out += f" in the shop for {_list(scope.locales, 'and')}"
    return out


def _target(target: Target, name: Name, currency: str | None) -> str:
    things = _things(target.filters, currency)
    relations = "".join(f" {_relation(field, how)}" for field, how in target.relations)
    new = f" released in the last {target.new_days} days" if target.new_days is not None else ""
    if target.collections and not target.items:
        return f"{things} in the collection{_collections(target)}{relations}{new}"
    if target.items:
        named = _items(target.items, name)
        named += f" and products in the collection{_collections(target)}" if target.collections else ""
        rest = f"{relations}{new}" if not target.filters else f" {things}{relations}{new}"
        return f"{named} where it is{rest}" if rest else named
    if not target:
        return "all products"
    return f"{things}{relations}{new}"


def _collections(target: Target) -> str:
    """The collections by name; one that is not there by its id."""
    names = {one.id: one.name for one in target.found}
    plural = "s" if len(target.collections) > 1 else ""
    return f"{plural} {_list([f'“{names.get(id, id)}”' for id in target.collections], 'and')}"


def _relation(field: str, how: str) -> str:
    if how in ("cheaper", "dearer"):
        return f"that cost {'less' if how == 'cheaper' else 'more'} than the product itself"
    word = field.replace("_", " ")
    return f"of {'the same' if how == 'same' else 'another'} {word} {'as' if how == 'same' else 'than'} the product"


_SAID = {
    "brand": "of {}", "audience": "for {}", "colour": "in {}", "material": "made of {}", "pattern": "with pattern {}",
    "occasion": "for the occasion {}", "season": "for {}", "collection": "from the collection {}",
    "tags": "tagged {}", "brand_tier": "of brand tier {}", "family_id": "of the style {}", "state": "that are {}",
}  # fmt: skip


def _things(filters: Filters, currency: str | None) -> str:
    """Filters as a noun: "bags of Aurel in black"."""
    fields = dict(filters.fields)
    nouns = [fields.pop(name) for name in ("type", "category") if name in fields]
    noun = " that are ".join(_list([word.lower() for word in words], "or") for words in nouns) or "products"
    parts = [_SAID.get(name, f"with {name} {{}}").format(_list(values, "or")) for name, values in fields.items()]
    low, high = filters.price_from, filters.price_to
    if low is not None and high is not None:
        parts.append(f"priced {money(low, currency)} to {money(high, currency)}")
    elif low is not None:
        parts.append(f"priced {money(low, currency)} or more")
    elif high is not None:
        parts.append(f"priced {money(high, currency)} or less")
    if filters.in_stock:
        parts.append("in stock")
    return " ".join([noun, *parts])


def _items(items: Sequence[str], name: Name) -> str:
    named = [f"“{title}” ({item})" if (title := name(item)) else item for item in items]
    if len(named) > FEW + 1:
        named = [*named[:FEW], f"{len(named) - FEW} more products"]
    return _list(named, "and")


def _list(words: Sequence[str], joint: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _moment(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    place = "UTC" if zone == "UTC" else f"{zone.rsplit('/', 1)[-1].replace('_', ' ')} time"
    return f"{local.day} {local:%B %Y, %H:%M} {place}"
