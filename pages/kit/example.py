"""By example: more like these, less like those, in products and in words; kept as a strategy."""

from __future__ import annotations

import streamlit as st

from core.domain.catalogue import Item
from core.domain.errors import ShopError
from core.domain.query import Request
from core.domain.steer import STRENGTH, Steer
from core.domain.strategy import Strategy
from pages.kit import cards, engine, finder, held, parts, sides, states, text

STORE, TILES, STEERED = "example", "example:tiles", "example:steered"
MORE, LESS = "more", "less"
PLACES = 12
ASIDE = {MORE: "More like", LESS: "Less like"}


def page(item: Item) -> None:
    """What is asked for at the left; the list as it is and as it would be at the right."""
    left, right = st.columns([1, 3.1], gap="large")
    with left, st.container(key="controls"):
        asked()
    live = engine.shop().strategy(at=engine.at(), anchor=item.id)
    with right:
        steer = wanted()
        now = engine.shop().recommend(_request(item, None))
        if steer:
            strategy = live.changed(name="By example", steer=steer)
            then = engine.shop().recommend(_request(item, strategy))
            st.html('<p class="by">With your examples</p>')
            rail(then.ids, item, STEERED, "With your examples", set(now.ids))
            for note in then.notes:
                states.said(note.text)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button("Try it", key="example-try", type="tertiary", on_click=sides.try_out, args=(strategy,))
                sides.keep_under_a_name(strategy, "example")
                sides.assign(strategy, "example", item.id)
                st.button("Begin anew", key="example-clear", type="tertiary", on_click=_clear)
            sides.said()
        st.html('<p class="by">As it is</p>')
        rail(now.ids, item, TILES, "As it is", set())
        if not steer:
            states.said("Use plus and minus on a tile, or type words at the left, and the list leans that way.")


def _request(item: Item, strategy: Strategy | None) -> Request:
    return Request(anchor=item.id, k=PLACES, at=engine.at(), strategy=strategy)


def rail(ids: tuple[str, ...], anchor: Item, key: str, label: str, known: set[str]) -> None:
    catalogue, at, me = engine.shop().catalogue(engine.at()), engine.moment(), held.of(STORE)

    def tools(one: str) -> tuple[dict, ...]:
        return (
            {"act": MORE, "label": "More like this", "icon": "plus", "on": one in me.get(MORE, ())},
            {"act": LESS, "label": "Less like this", "icon": "minus", "on": one in me.get(LESS, ())},
        )

    parts.rail(
        [
            cards.card(
                catalogue.item(one), at=at, place=place, tools=tools(one),
                badges=[("accent", "New")] if known and one not in known else (),
            )
            for place, one in enumerate(ids, 1)
        ],
        key=key, label=label, size="small", stay=True, say="The list has changed.", on_action=lambda: _follow(key),
    )  # fmt: skip


def _follow(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") not in engine.shop().catalogue():
        return
    if sent.get("type") in (MORE, LESS):
        toggle(str(sent["type"]), str(sent["id"]))
    else:
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def toggle(way: str, item: str) -> None:
    """Take an example up, or let it go; it cannot stand on both sides."""
    me = held.of(STORE)
    other = LESS if way == MORE else MORE
    mine = [one for one in me.get(way, ()) if one != item]
    if len(mine) == len(me.get(way, ())):
        mine.append(item)
    held.put(STORE, **{way: mine, other: [one for one in me.get(other, ()) if one != item]})


def asked() -> None:
    """Examples and words, each to be taken out again."""
    me, catalogue = held.of(STORE), engine.shop().catalogue(engine.at())
    for way, field, hint in ((MORE, "plus_words", "soft, hand-woven"), (LESS, "minus_words", "logos, studs")):
        st.html(f'<p class="by">{ASIDE[way]}</p>')
        for one in me.get(way, ()):
            if one in catalogue:
                item = catalogue.item(one)
                st.button(text.plain(text.title(item)), key=f"example-{way}-{one}", icon=":material/close:",
                          help="Take it out", on_click=toggle, args=(way, one), width="stretch")  # fmt: skip
        finder.finder(
            f"example-{way}", lambda found, way=way: toggle(way, found), opens=cards.PRODUCT, label="Add a product",
            key=f"example-find-{way}", lazy=True,
        )  # fmt: skip
        st.text_input(f"{ASIDE[way]}, in words", placeholder=hint, max_chars=400, **held.bound(STORE, field, ""))
    st.slider("How far", 0.1, 1.0, step=0.1, **held.bound(STORE, "strength", STRENGTH))
    st.caption("Words and phrases are separated by commas. They are read once and kept with the strategy.")


def wanted() -> Steer | None:
    """What is asked for; words that cannot be read are said, and the products count alone."""
    me = held.of(STORE)
    catalogue = engine.shop().catalogue(engine.at())
    plus, minus = ([one for one in me.get(way, ()) if one in catalogue] for way in (MORE, LESS))
    words = [
        tuple(one for one in (part.strip() for part in str(me.get(name) or "").split(",")) if one)
        for name in ("plus_words", "minus_words")
    ]
    strength = float(me.get("strength", STRENGTH))
    if not (plus or minus or words[0] or words[1]):
        return None
    mark = (tuple(plus), tuple(minus), *words, strength, engine.shop().snapshot.id)
    kept = st.session_state.get("example:read")
    if kept is not None and kept[0] == mark:
        found: Steer = kept[1]
        return found
    try:
        found = engine.shop().steer(plus, minus, *words, strength=strength)
        st.session_state["example:read"] = (mark, found)
    except ShopError as error:
        states.said(error.message, "warn")
        if not (plus or minus):
            return None
        try:
            found = engine.shop().steer(plus, minus, strength=strength)
        except ShopError:
            return None
    return found


def _clear() -> None:
    held.keep(STORE, {})
