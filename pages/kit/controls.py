"""The weight panel: how the signals are blended, how varied the list is, and whether that is tried, drafted or live."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.domain.blends import Path, place_of
from core.domain.changes import Key
from core.domain.errors import ShopError
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.strategy import Strategy, normalised
from pages.kit import charts, documents, drafting, engine, session, states, text, weighing

TASTE = ("text", "image", "attributes", "behaviour")
TRADE = ("trending", "newness", "margin", "stock_depth", "reviews")
HELP = {
    "text": "What title and description say, read for their sense.",
    "image": "What the pictures look like.",
    "attributes": "Category, material, pattern, occasion, season, colour, house tier and price.",
    "newness": "Lifts what came in lately.",
    "margin": "Lifts what earns more.",
    "stock_depth": "Lifts what there is plenty of.",
    "reviews": "Lifts what is reviewed well.",
}
ONE_HOUSE = {0: "Any number", **{n: f"{n} of ten" for n in range(1, 10)}}


def signals() -> tuple[list[str], dict[str, str]]:
    """The signals this edition knows, and those that are off with the reason."""
    shop = engine.shop()
    known = shop.signals()
    off = {name: state.reason for name, state in shop.encoders().items() if state.name is None}
    return [name for name in (*TASTE, *TRADE) if name in known and name not in off], off


def on_sliders(strategy: Strategy) -> dict[str, int]:
    """A strategy's weights as the sliders show them: as they were set there, else in per cent."""
    weights = {name: weight for name, weight in strategy.weights.items() if weight > 0}
    if all(weight == int(weight) and weight <= 100 for weight in weights.values()) and max(weights.values()) > 1:
        return {name: int(weight) for name, weight in weights.items()}
    return {name: round(100 * share) for name, share in normalised(weights).items()}


def strategy(
    placement: Placement = Placement.SIMILAR, live: Strategy | None = None, anchor: str | None = None
) -> tuple[Strategy, bool]:
    """The strategy the controls stand for, and whether it differs from the live one. Raises BadRequest at all zeros.

    live: the live one, where it is at hand; each question for it asks the studio for its versions.
    anchor: the product whose list it is for; its category may have a strategy of its own.
    """
    live = live or engine.shop().strategy(placement, engine.at(), anchor)
    me = session.current()
    begun = beginning(live)
    weights: Mapping[str, float] = begun.weights
    set_to = {name: value for name, value in me.weights.items() if value > 0}
    if me.weights and set_to != on_sliders(begun):
        weights = {name: float(value) for name, value in set_to.items()}
    lam = begun.lam
    if me.diversity is not None and me.diversity != round(100 * (1 - begun.lam)):
        lam = round(1 - me.diversity / 100, 4)
    cap = begun.brand_cap if me.brand_cap < 0 else (me.brand_cap or None)
    tried = begun.changed(weights=weights, lam=lam, brand_cap=cap)
    normalised(tried.weights)
    return tried, tried != live


def beginning(live: Strategy) -> Strategy:
    """The strategy that the sliders begin with: one that was taken up, else the live one."""
    base = session.current().base
    return Strategy.from_json(base) if base else live


def place(placement: Placement = Placement.SIMILAR, anchor: str | None = None) -> Key:
    """The document that holds around `anchor`: of its category, where that has one, else of the placement."""
    return place_of(placement, category(anchor) if placement is Placement.SIMILAR else ())


def category(anchor: str | None) -> Path:
    """The category whose own strategy holds around `anchor`; () where the placement's does."""
    view = engine.shop().view(engine.at())
    return view.by_category.holding(view.catalogue.item(anchor).category) if anchor and view.by_category else ()


def weighed() -> bool:
    """Whether anything counts at all: with every weight at 0 there is no order."""
    set_to = session.current().weights
    return not set_to or any(value > 0 for value in set_to.values())


def drafted(placement: Placement = Placement.SIMILAR, anchor: str | None = None) -> Strategy | None:
    """The weights of a placement in this person's draft, or those of the category of `anchor`."""
    found = drafting.drafted(place(placement, anchor))
    return None if found is None else Strategy.from_json(found)


def panel(placement: Placement = Placement.SIMILAR, anchor: str | None = None) -> None:
    """The panel. It reads and writes the session; the list beside it asks `strategy`."""
    at_stake = engine.shop().strategy(placement, engine.at(), anchor)
    names, off = signals()
    me = session.current()
    live = beginning(at_stake)
    now = dict(me.weights) or on_sliders(live)
    shares = text.shares({name: now.get(name, 0) for name in names})
    _head(placement, at_stake, anchor)
    if live.steer:
        st.html(f'<p class="aside">{text.markup(documents.steered(live.steer).capitalize())}.</p>')
    charts.blend_line(shares, text.part_name)
    for name in names:
        if name in TASTE:
            _weight(name, now, shares, names)
    for name, reason in off.items():
        st.html(
            f'<div class="share off" title="{text.markup(reason)}"><b>{text.markup(text.part_name(name))}</b>'
            f"<span>off</span></div><p class='aside'>{text.markup(reason)}</p>"
        )
    _diversity(live)
    trade = [name for name in names if name in TRADE]
    with st.expander("Trade and houses", key="trade"):
        for name in trade:
            _weight(name, now, shares, names)
        cap = (live.brand_cap or 0) if me.brand_cap < 0 else me.brand_cap
        st.session_state["control:brand_cap"] = cap
        st.selectbox(
            "At most from one house", list(ONE_HOUSE), format_func=ONE_HOUSE.get, key="control:brand_cap",
            on_change=lambda: session.commit(brand_cap=int(st.session_state["control:brand_cap"])),
        )  # fmt: skip


def _head(placement: Placement, live: Strategy, anchor: str | None) -> None:
    try:
        tried, differs = strategy(placement, live)
        draft = drafted(placement, anchor)
    except ShopError:
        tried, differs, draft = None, True, None
    kind = weighing.title("Weights", tried, differs, draft)
    own = category(anchor) if placement is Placement.SIMILAR else ()
    beside = f" beside {' › '.join(own)}" if own else ""
    lists = f"{text.plain(PLACEMENT_NAMES[placement])} list{text.plain(beside) if beside else ''}"
    weighing.deeds(
        kind, makes_sense=tried is not None, waits=draft is not None and draft != live, prefix="",
        why="control:publish_why", then=f"Every {lists} will use these weights at once.",
        seen=f"What shoppers see now{beside}", reset=reset, keep=partial(keep, placement, anchor),
        publish=partial(publish, placement, anchor), take_up=partial(take_up, draft),
    )  # fmt: skip
    states.told("controls:said")


def _weight(name: str, now: Mapping[str, int], shares: Mapping[str, int], names: list[str]) -> None:
    def write(value: int) -> None:
        session.commit(weights={**{one: int(now.get(one, 0)) for one in names}, name: value})

    weighing.slider(
        text.part_name(name), int(now.get(name, 0)), f"{shares[name]}{text.NBSP}%", HELP.get(name, ""),
        f"control:w:{name}", write,
    )  # fmt: skip


def _diversity(live: Strategy) -> None:
    me = session.current()
    now = round(100 * (1 - live.lam)) if me.diversity is None else me.diversity
    weighing.slider(
        "Diversity", now, str(now), "0 keeps the closest products; more is more varied.", "control:diversity",
        lambda value: session.commit(diversity=value),
    )  # fmt: skip


def reset() -> None:
    session.commit(weights={}, diversity=None, brand_cap=-1, base={})


def take_up(found: Strategy) -> None:
    """Let the sliders begin with a strategy, exactly as it is."""
    session.commit(weights={}, diversity=None, brand_cap=-1, base=found.as_json())


def keep(placement: Placement, anchor: str | None = None) -> None:
    """Take what is tried into this person's draft."""
    try:
        tried, _ = strategy(placement, anchor=anchor)
        drafting.keep(place(placement, anchor), tried.as_json())
    except ShopError as error:
        st.session_state["controls:said"] = (error.message, "warn")


def publish(placement: Placement, anchor: str | None = None) -> None:
    why = str(st.session_state.get("control:publish_why") or "").strip()
    try:
        tried, _ = strategy(placement, anchor=anchor)
        done = drafting.publish(place(placement, anchor), tried.as_json(), why)
    except ShopError as error:
        st.session_state["controls:said"] = (error.message, "warn")
    else:
        reset()
        st.session_state["controls:said"] = (f"Live now, for everybody, as publication {done.version}.", "")
