"""Random rules over the small shops of the engine's tests, as plain JSON."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.rank.rank_worlds import COLOURS, KINDS

N = 120
IDS = [f"i{row:05d}" for row in range(N)]
BRANDS = [f"B{number}" for number in range(6)]

filters = st.fixed_dictionaries(
    {},
    optional={
        "brand": st.lists(st.sampled_from(BRANDS), min_size=1, max_size=2, unique=True),
        "category": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
        "colour": st.lists(st.sampled_from(COLOURS), min_size=1, max_size=2, unique=True),
        "price_to": st.integers(5_000, 90_000),
    },
)
RELATIONS = (("brand", "same"), ("brand", "other"), ("type", "same"), ("price", "cheaper"), ("price", "dearer"))
relations = st.lists(st.sampled_from(RELATIONS), min_size=1, max_size=2, unique=True).map(
    lambda pairs: [list(pair) for pair in pairs]
)
targets = st.fixed_dictionaries(
    {},
    optional={
        "items": st.lists(st.sampled_from(IDS), min_size=1, max_size=6, unique=True),
        "collections": st.lists(st.sampled_from(["autumn", "the | window"]), min_size=1, unique=True),
        "filters": filters.filter(bool),
        "relations": relations,
        "new_days": st.integers(1, 200),
    },
).filter(bool)
scopes = st.fixed_dictionaries(
    {},
    optional={
        "placements": st.lists(st.sampled_from(["similar", "search", "look"]), min_size=1, max_size=2, unique=True),
        "anchors": st.lists(st.sampled_from(IDS), min_size=1, max_size=40, unique=True),
        "anchor_filters": filters.filter(bool),
        "audiences": st.lists(st.sampled_from(["men", "women", "unisex"]), min_size=1, max_size=2, unique=True),
    },
)
boosts = st.one_of(
    st.fixed_dictionaries(
        {"step": st.sampled_from(["gentle", "clear", "strong"]), "direction": st.sampled_from(["up", "down"])}
    ),
    st.fixed_dictionaries({"amount": st.sampled_from([-1.0, -0.3, 0.2, 0.7])}),
)
bounds = st.one_of(
    st.fixed_dictionaries({"at_least": st.integers(0, 4)}),
    st.fixed_dictionaries({"at_most": st.integers(0, 4)}),
    st.fixed_dictionaries({"at_least": st.just(1), "at_most": st.integers(1, 5)}),
    st.fixed_dictionaries({"at_least": st.just(20), "at_most": st.just(50), "percent": st.just(True)}),
)


def _brands(sides: list[str]) -> dict[str, Any]:
    return {"kind": "boundary", "brands": sides[:1], "others": sides[1:]}


def _of(kind: str, extra: st.SearchStrategy[dict[str, Any]], target: st.SearchStrategy[dict[str, Any]]) -> Any:
    return st.builds(lambda more, aim: {"kind": kind, **more, "target": aim}, extra, target)


pins = _of(
    "pin",
    st.fixed_dictionaries({"place": st.integers(1, 12), "ends_at": st.none()}),
    st.builds(lambda item: {"items": [item]}, st.sampled_from(IDS)),
)
acts = {
    "pin": pins,
    "pin_best": _of("pin_best", st.fixed_dictionaries({"place": st.integers(1, 12)}), targets),
    "block": _of("block", st.just({}), targets),
    "keep": _of("keep", st.just({}), targets),
    "boost": _of("boost", boosts, targets),
    "boost by": _of(
        "boost",
        st.fixed_dictionaries(
            {"amount": st.sampled_from([-0.5, 0.5, 1.0]), "by": st.sampled_from(["margin", "newness"])}
        ),
        st.one_of(st.just({}), targets),
    ),
    "quota": _of("quota", bounds, targets),
    "boundary": st.builds(
        lambda plain, only: {**plain, "only": True} if only else plain,
        st.lists(st.sampled_from(BRANDS), min_size=2, max_size=4, unique=True).map(_brands),
        st.booleans(),
    ),
}


def _whole(act: dict[str, Any], scope: dict[str, Any], priority: int) -> dict[str, Any]:
    return {**act, "scope": scope, "priority": priority}


def rules(*kinds: str) -> st.SearchStrategy[dict[str, Any]]:
    """One rule of these kinds, of any without them."""
    chosen = st.one_of([acts[kind] for kind in kinds or acts])
    return st.builds(_whole, chosen, st.one_of(st.just({}), scopes), st.integers(-2, 2))


def books(*kinds: str, most: int = 8) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A rule book: rules with ids of their own."""
    return st.lists(rules(*kinds), max_size=most).map(
        lambda found: [{**rule, "id": f"r{number}"} for number, rule in enumerate(found)]
    )
