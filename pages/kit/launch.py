"""What the shop would make of a product that is on its way: the panels of its rehearsal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.domain.arrays import Vectors
from core.domain.arrivals import Arrival
from core.domain.catalogue import Item
from core.domain.errors import BadRequest
from core.domain.looks import ROLE_NAMES
from core.recommend.cold_start import Rehearsal
from pages.kit import cards, engine, frame, incoming, minimap, parts, states, text

MADE = "arrival:made"
WAYS = {"blend": "By everything, as the shop weighs it", "text": "By words alone", "image": "By picture alone"}
SHOWN = 24
NEAR_IT, APART = 6, 0.12  # closest products shown beside the map; share of its width from which they lie far apart


def show(one: Arrival, take_price: Callable[[int], None]) -> None:
    """All panels. take_price: called with a price, in minor units, that the merchandiser takes from the neighbours."""
    found, read = made(one)
    item = replace(found.item, pictures=one.pictures)
    figures(found)
    near(found)
    around(found, item)
    lies(found, read)
    shown_in(found)
    looks(found, item)
    band(found, one, take_price)
    lacking(found)


def made(one: Arrival) -> tuple[Rehearsal, dict[str, Vectors]]:
    """The rehearsal and what was read for it, made anew when anything of the product or of the shop is another."""
    shop = engine.shop()
    bare = replace(one, release_at=None, note="", stock=None)
    mark = (str(bare.as_json()), shop.snapshot.id, shop.view(engine.at()).versions, engine.as_of())
    kept = st.session_state.get(MADE)
    if kept is not None and kept[0] == mark:
        return kept[1], kept[2]
    bar = st.progress(0.0, text="Rehearsing")
    found, read = incoming.read_and_rehearsed(bare, bar)
    bar.empty()
    st.session_state[MADE] = (mark, found, read)
    return found, read


def figures(found: Rehearsal) -> None:
    """The launch in four numbers."""
    firsts = sum(one.place <= 3 for one in found.shown)
    told = [
        ("Lists that would show it", text.count(len(found.shown)),
         f"{text.count(firsts)} among the first three" if found.shown else "of ten places each"),
        ("Lists that would change", text.count(found.changed), f"of {text.count(len(found.view))}"),
        ("Looks it completes", text.count(len(found.looks)), "ready to wear" if found.looks else "none as it is"),
    ]  # fmt: skip
    if found.band is not None:
        told.append(("Its neighbours cost", text.money(round(found.band.median), engine.currency()), "in the middle"))
    frame.figures(told, label="The launch in figures")


def near(found: Rehearsal) -> None:
    """Products that it may be the same as."""
    if not found.near:
        return
    frame.section("This looks like something you sell", text.count(len(found.near), "product"))
    notes = {one.id: one.why for one in found.near}
    _rail(found, list(notes), "arrival:near", "This looks like something you sell", notes=notes)


def around(found: Rehearsal, item: Item) -> None:
    """Its list, by everything and by one signal alone."""
    frame.section("What would stand beside it", "As on its first day, with today’s rules and weights")
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    for name, listing in (("blend", found.blend), *found.alone.items()):
        st.html(f'<p class="by">{text.markup(WAYS[name])}</p>')
        there = [placed for placed in listing.items if placed.id in catalogue]
        if not there:
            states.said(" ".join(note.text for note in listing.notes) or "Nothing compares with it.")
            continue
        items = {placed.id: catalogue.item(placed.id) for placed in there}
        if name == "blend":
            shown = cards.listed(replace(listing, items=tuple(there)), items, at=at, anchor=item)
        else:
            shown = [cards.card(items[one.id], at=at, place=one.rank) for one in there]
        parts.rail(shown, key=f"arrival:{name}", label=WAYS[name], size="normal" if name == "blend" else "small",
                   on_action=lambda name=name: follow(f"arrival:{name}"))  # fmt: skip


def lies(found: Rehearsal, read: Mapping[str, Vectors]) -> None:
    """Where it lies on the map of the catalogue; nothing where none is drawn yet, or nothing on it compares with it."""
    shop = engine.shop()
    drawn = shop.atlas.map(kept_only=True)
    if drawn is None:
        return
    try:
        spot = shop.atlas.place_item(drawn, found.item, read, engine.at())
    except BadRequest:
        return
    catalogue = found.view.catalogue
    near = [catalogue.ids[row] for row in spot.near if row < len(catalogue)]
    frame.section("Where it lies on the map", "The catalogue as the shop weighs it")
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        says = "The map of the catalogue, with the place of this product and the products nearest to it."
        parts.minimap(minimap.drawing(drawn, says, near=spot.near, here=drawn.beside(spot)), key="arrival:map")
    with right, st.container(gap="small"):
        codes = [int(drawn.region[row]) for row in spot.near if drawn.region[row] >= 0]
        (home, count), *_ = Counter(codes).most_common(1) or [(-1, 0)]
        if home >= 0:
            region = drawn.regions[home]
            whose = f"with {count} of the {len(spot.near)} products that are closest to it"
            st.html(
                f'<p class="by">Region</p><p class="answer">It lies in <b>{text.markup(region.name)}</b>, among '
                f"{text.count(region.size, 'product')}, {whose}.</p>"
            )
        if spot.apart > APART:
            states.said("Those closest to it lie far apart on the map, so no one place tells all: see its list above.")
        _rail(found, near[:NEAR_IT], "arrival:beside", "Closest to it", notes={})
        st.page_link("map.py", label="Open the map", icon=":material/arrow_forward:", icon_position="right")


def shown_in(found: Rehearsal) -> None:
    """The lists that would show it: at which place, and instead of whom."""
    frame.section("Lists that would show it", f"{text.count(len(found.shown))} of {text.count(len(found.view))}")
    if not found.shown:
        states.said("No list would show it yet: in each, ten products come closer. See what is missing, below.")
        return
    names = {id: _title(found, id) for one in found.shown for id in one.displaced}
    most = Counter(id for one in found.shown for id in one.displaced).most_common(3)
    if most:
        said = text.listed(f"{names[id]} ({text.count(n, 'list')})" for id, n in most)
        states.said(f"Who would give way most often: {said}.")
    notes = {
        one.anchor: f"Place {one.place}" + (f", instead of {names[one.displaced[0]]}" if one.displaced else "")
        for one in found.shown
    }
    _rail(found, [one.anchor for one in found.shown[:SHOWN]], "arrival:shown", "Lists that would show it", notes=notes,
          opens=cards.LIST)  # fmt: skip
    if len(found.shown) > SHOWN:
        states.said(f"And {text.count(len(found.shown) - SHOWN)} more, at later places.")


def looks(found: Rehearsal, item: Item) -> None:
    """Whole looks around it, out of what is on sale."""
    if not found.looks:
        return
    frame.section("Looks it completes", "With what is on sale")
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    for number, look in enumerate(found.looks, 1):
        pieces = [piece for piece in look.pieces if piece.id in catalogue]
        money = [catalogue.item(piece.id).price for piece in pieces] + ([item.price] if item.price is not None else [])
        total = text.money(sum(money), engine.currency()) if money and None not in money else ""
        with_it = "together" if item.price is not None else "without this one"
        said = [f"Look {number}", text.count(len(pieces) + 1, "piece"), *([f"{total} {with_it}"] if total else [])]
        st.html(f'<p class="by">{text.markup(" · ".join(said))}</p>')
        parts.rail(
            [_own(item), *(
                cards.card(catalogue.item(one.id), at=at, note=ROLE_NAMES.get(one.role, one.role)) for one in pieces
            )],
            key=f"arrival:look:{number}", label=f"Look {number}", size="small",
            on_action=lambda number=number: follow(f"arrival:look:{number}"),
        )  # fmt: skip


def _own(item: Item) -> dict[str, Any]:
    """The new product as a card: it has no page yet, so it opens nothing."""
    url = incoming.url(item.pictures[0]) if item.pictures else ""
    one = cards.card(replace(item, pictures=(), stock=None, release_at=None), at=engine.moment(), tools=())
    return {**one, "image": url, "href": "", "badges": [["accent", "New"]], "note": "Your arrival"}


def band(found: Rehearsal, one: Arrival, take: Callable[[int], None]) -> None:
    """What its neighbours cost, and where its price stands among them."""
    if found.band is None:
        return
    it, currency = found.band, engine.currency()
    among = f" among {it.type}" if it.type else ""
    frame.section("What its neighbours cost", f"The nearest {text.count(it.count)}{among}")
    least, most = it.low, it.high
    if one.price is not None:
        least, most = min(least, one.price), max(most, one.price)
    room = max(most - least, most * 0.1, 1.0) * 0.18
    start, width = max(0.0, least - room), (most + room) - max(0.0, least - room)

    def at(price: float) -> str:
        return f"{100 * (price - start) / width:.1f}%"

    mark = f'<u style="left:{at(one.price)}"></u>' if one.price is not None else ""
    low, median, high = (text.money(round(price), currency) for price in (it.low, it.median, it.high))
    said = f"Half of them cost {low} to {high}, the middle one {median}."
    if one.price is not None and it.below is not None:
        than = {0.0: "less than any", 1.0: "more than any"}.get(it.below, f"more than {text.per_cent(it.below)}")
        said += f" At {text.money(one.price, currency)} it costs {than} of them."
    st.html(
        f'<div class="scale price" role="img" aria-label="{text.markup(said)}"><i class="band" '
        f'style="left:{at(it.low)};width:{100 * (it.high - it.low) / width:.1f}%"></i>'
        f'<b style="left:{at(it.median)}"></b>{mark}</div>'
        f'<p class="scale-key aside"><span><b></b>the middle one</span>'
        f"{'<span><u></u>this one</span>' if mark else ''}</p><p class='said'>{text.markup(said)}</p>"
    )
    if one.price is None:
        st.button(f"Take {text.plain(median)}", key="arrival:median", type="tertiary", on_click=take,
                  args=(round(it.median),))  # fmt: skip


def lacking(found: Rehearsal) -> None:
    """What is not known of it, and what that does to its list."""
    if not found.missing:
        return
    frame.section("What is missing", "Measured on products like it")
    lines = "".join(
        f'<li><b>{text.markup(text.field_name(one.field))}</b><span class="meter" aria-hidden="true">'
        f'<i style="width:{100 * (one.moves or 0):.0f}%"></i></span><span>{text.markup(one.text)}</span></li>'
        for one in found.missing
    )
    st.html(f'<ul class="lacks" aria-label="What is missing">{lines}</ul>')


def _title(found: Rehearsal, id: str) -> str:
    catalogue = found.view.catalogue
    return text.title(catalogue.item(id)) if id in catalogue else id


def _rail(found: Rehearsal, ids: Sequence[str], key: str, label: str, *, notes: Mapping[str, str],
          opens: str = cards.PRODUCT, on: Callable[[], None] | None = None) -> None:  # fmt: skip
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    parts.rail(
        [cards.card(catalogue.item(id), at=at, note=notes.get(id, ""), opens=opens) for id in ids if id in catalogue],
        key=key, label=label, size="small", on_action=on or (lambda: follow(key)),
    )  # fmt: skip


def follow(key: str) -> None:
    """A card was clicked: the product, or its list, opens."""
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})
