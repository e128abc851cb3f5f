"""What rules mean, item by item and word for word, without the engine's arrays; and a small shop under rules."""

from __future__ import annotations

from datetime import timedelta

from core.curation.resolve import RuleBook
from core.domain.catalogue import Item
from core.domain.query import Filters
from core.domain.rules import Rule
from core.recommend.view import View
from tests.curation.rule_worlds import N
from tests.rank.rank_worlds import AT, view

SHOP = view(N, 3)
ITEMS = {item.id: item for item in SHOP.catalogue}


def under(rules: list[dict], shop: View = SHOP) -> View:
    """The shop under these rules; those without an id get one by their place."""
    plain = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    return shop.with_rules(plain, 1, RuleBook.of(plain))


def passes(item: Item, filters: Filters) -> bool:
    for name, wanted in filters.fields.items():
        value = getattr(item, name)
        words = value if isinstance(value, tuple) else (value,) if value is not None else ()
        if not {word.casefold() for word in words} & {word.casefold() for word in wanted}:
            return False
    if filters.price_from is not None or filters.price_to is not None:
        return item.price is not None and (filters.price_from or 0) <= item.price <= (filters.price_to or 10**9)
    return True


def related(item: Item, anchor: Item, name: str, how: str) -> bool:
    mine, own = getattr(item, name), getattr(anchor, name)
    if mine in (None, (), "") or own in (None, (), ""):
        return False
    return {"same": mine == own, "other": mine != own, "cheaper": how == "cheaper" and mine < own,
            "dearer": how == "dearer" and mine > own}[how]  # fmt: skip


def matches(item: Item, rule: Rule, anchor: Item | None) -> bool:
    aim = rule.target
    if aim.names and item.id not in aim.named:
        return False
    if not passes(item, aim.filters):
        return False
    if aim.new_days is not None and not (
        item.release_at is not None and AT - timedelta(days=aim.new_days) < item.release_at <= AT
    ):
        return False
    return all(anchor is not None and related(item, anchor, name, how) for name, how in aim.relations)


def bears(rule: Rule, anchor: Item | None, placement: str) -> bool:
    scope = rule.scope
    if scope.placements and placement not in scope.placements:
        return False
    if anchor is None:
        return not (scope.anchored or scope.audiences or rule.target.relations)
    if scope.anchors and anchor.id not in scope.anchors:
        return False
    return passes(anchor, scope.anchor_filters) and (not scope.audiences or anchor.audience in scope.audiences)


def barred(rules: list[Rule], anchor: Item | None) -> set[str]:
    out = set()
    for rule in rules:
        if rule.kind == "block":
            out |= {one for one, item in ITEMS.items() if matches(item, rule, anchor)}
        if rule.kind == "keep":
            out |= {one for one, item in ITEMS.items() if not matches(item, rule, anchor)}
        if rule.kind == "boundary" and anchor is not None:
            ours, others = set(rule.act.brands), set(rule.act.others)
            for one, item in ITEMS.items():
                side = 1 if item.brand in ours else 2 if item.brand in others or rule.act.only else 0
                if rule.act.only and item.brand in others:
                    side = 0
                own = 1 if anchor.brand in ours else 2 if anchor.brand in others or rule.act.only else 0
                if rule.act.only and anchor.brand in others:
                    own = 0
                if own and side and own != side:
                    out.add(one)
    return out
