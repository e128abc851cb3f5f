"""House view: where a house stands in all lists, beside whom, and whether that is its share."""

from __future__ import annotations

import hashlib
import json

import streamlit as st

from core.curation.house import AllLists, Appearance, House, Standing, Violation, house, standings
from core.domain.changes import Documents
from core.domain.errors import ShopError
from core.export import reports
from pages.kit import address, cards, engine, frame, parts, session, shaping, states, taking, text, tray

PAGE, KEPT = "house-view", "house:lists"
ALL, BESIDE, SHOWN, UNSEEN, SHEET = "house:all", "house:beside", "house:shown", "house:unseen", "house:sheet"
WITH_DRAFT, WHERE, MORE = "house:with-draft", "house:where", "house:more"
WHERES = ("All lists", "Around its own", "Around others")
STEP = 20  # lists shown at a time
NEIGHBOURS, PRODUCTS = 14, 24

session.require()


def take_address() -> None:
    """A link may name a house."""
    if named := (address.arrived(PAGE) or {}).get("house"):
        session.commit(house=named[0][:200])


def choose(name: str) -> None:
    """Show another house, or all of them."""
    session.commit(house=name)
    st.session_state[MORE] = STEP


def every_list(draft: Documents | None) -> AllLists:
    """All lists; made when they are first asked for, and kept while nothing changes that they depend on."""
    shop, at = engine.shop(), engine.at()
    now = engine.now()
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    said = json.dumps([[*key, plain] for key, plain in (draft or {}).items()], sort_keys=True)
    looks = [(one.id, one.saved.version, len(one.gone)) for one in shop.saved_looks(at)]
    plain = f"{shop.view(at).versions.as_json()}{engine.as_of()}{quarter}{looks}{said if draft else ''}"
    mark = hashlib.sha256(plain.encode()).hexdigest()
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] != mark:
        made = states.watched(lambda tell: shop.every_list(at=at, draft=draft, progress=tell), "Looking at every list")
        kept = st.session_state[KEPT] = (mark, made)
    return kept[1]


# -- all houses ----------------------------------------------------------------------------------------------------


def all_houses(found: tuple[Standing, ...]) -> None:
    """Every house with its share of the places beside its share of the catalogue."""
    frame.section("All houses", text.count(len(found), "house"))
    top = max((max(one.share, one.catalogue) for one in found), default=0) or 1
    rows = [
        {
            "id": one.name, "name": one.name, "href": address.link(PAGE, house=one.name),
            "cells": [text.count(one.on_sale), text.count(one.lists), share(one.share), share(one.by_place),
                      share(one.catalogue), times(one)],
            "bar": one.share / top, "mark": one.catalogue / top,
            "said": f"{share(one.share)} of the places, {share(one.catalogue)} of the catalogue",
        }
        for one in found
    ]  # fmt: skip
    columns = [
        {"name": "On sale", "spare": True}, {"name": "Lists that show it", "spare": True}, {"name": "Share of places"},
        {"name": "By place", "spare": True, "mute": True}, {"name": "Of the catalogue"},
        {"name": "Times its share", "spare": True},
    ]  # fmt: skip
    parts.tally(rows, first="House", columns=columns, bar="Places, and its share of the catalogue", key=ALL,
                label="Houses", on_action=lambda: follow_house(ALL))  # fmt: skip
    states.said(
        "The bar is a house's share of all places, the mark its share of what is on sale. “By place” counts the first "
        "places of a list more than the last."
    )


def share(value: float) -> str:
    return f"{100 * value:.1f}{text.NBSP}%"


def times(one: Standing) -> str:
    """How many times its share of the catalogue a house holds of the places."""
    return f"{one.index:.2f}{text.NBSP}×" if one.index == one.index else "–"


def follow_house(key: str) -> None:
    sent = parts.event(key)
    if isinstance(sent.get("id"), str):
        choose(sent["id"][:200])


# -- one house -----------------------------------------------------------------------------------------------------


def one_house(lists: AllLists, found: House) -> None:
    its_share(found)
    boundaries(found)
    beside(found)
    products(found)
    where_it_stands(lists, found)


def its_share(found: House) -> None:
    one = found.standing
    told = (
        ("Lists that show it", text.count(one.lists), f"of {text.count(found.lists)}"),
        ("Share of places", share(one.share), f"{share(one.by_place)} by place"),
        ("Of the catalogue", share(one.catalogue), f"{text.count(one.on_sale, 'product')} on sale"),
        ("Times its share", times(one), "1.00 is its share"),
        ("At home", share(found.at_home), "of the places beside its own"),
        ("In no list", text.count(len(found.unseen)), "of its products on sale"),
    )
    frame.figures(told)


def boundaries(found: House) -> None:
    """Which boundaries part it from others, and where they are broken."""
    if not found.boundaries:
        return
    broken = len(found.violations)
    frame.section("Boundaries", "Kept everywhere" if not broken else text.count(broken, "violation"))
    for name in found.boundaries:
        here = sum(one.boundary == name for one in found.violations)
        said = "broken once" if here == 1 else f"broken {text.count(here)} times"
        states.said(f"{name}: {said if here else 'kept in every list and saved look'}.", "warn" if here else "")
    if broken:
        rows = "".join(_violation(one) for one in found.violations[:50])
        st.html(
            '<div class="wide" tabindex="0" role="region" aria-label="Violations"><table class="plain-table"><thead>'
            "<tr><th scope='col'>In</th><th scope='col'>On one side</th><th scope='col'>On the other</th>"
            f"<th scope='col'>Boundary</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )


def _violation(one: Violation) -> str:
    where = f"The look “{one.look}”" if one.look is not None else f"The list of {title(one.around)}"
    cells = (where, text.listed(map(title, one.ours)), text.listed(map(title, one.theirs)), one.boundary)
    return "<tr>" + "".join(f"<td>{text.markup(cell)}</td>" for cell in cells) + "</tr>"


def title(item: str) -> str:
    catalogue = engine.shop().catalogue(engine.at())
    return text.title(catalogue.item(item)) if item in catalogue else item


def beside(found: House) -> None:
    """The houses that stand beside it, the closest company first."""
    name, others = found.standing.name, found.neighbours
    frame.section("Beside whom", text.count(len(others), "house"))
    if not others:
        states.said("No other house stands in a list with it.")
        return
    parted = any(one.apart for one in others)
    top = max(one.together for one in others) or 1
    rows = [
        {
            "id": one.name, "name": one.name, "href": address.link(PAGE, house=one.name),
            "cells": [text.count(one.together), text.count(one.guest), text.count(one.host),
                      *([one.apart] if parted else [])],
            "bar": one.together / top, "said": f"{text.count(one.together, 'list')} with both",
        }
        for one in others[:NEIGHBOURS]
    ]  # fmt: skip
    columns = [
        {"name": "Lists with both"}, {"name": f"{name} beside its products", "spare": True, "mute": True},
        {"name": f"Its products beside {name}", "spare": True, "mute": True},
        *([{"name": "Kept apart by", "kind": "word", "spare": True}] if parted else []),
    ]  # fmt: skip
    parts.tally(rows, first="House", columns=columns, bar="Company", key=BESIDE, label="Houses beside it",
                on_action=lambda: follow_house(BESIDE))  # fmt: skip
    if len(others) > NEIGHBOURS:
        states.said(f"The first {NEIGHBOURS} of {text.count(len(others), 'house')}; “Take it along” has all.")


def products(found: House) -> None:
    """What of it is shown most, and what is in no list at all."""
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    if found.products:
        frame.section("Shown most", f"{text.count(len(found.products))} of its products stand in a list")
        parts.rail(
            [shaping.in_the_shop(cards.card(catalogue.item(one.id), at=at, note=f"In {text.count(one.lists, 'list')}"))
             for one in found.products[:PRODUCTS]],
            key=SHOWN, label="Shown most", size="small", on_action=lambda: shaping.follow(SHOWN),
        )  # fmt: skip
    if found.unseen:
        frame.section("In no list", f"{text.count(len(found.unseen), 'product')} on sale")
        parts.rail(
            [shaping.in_the_shop(cards.card(catalogue.item(item), at=at)) for item in found.unseen[:PRODUCTS]],
            key=UNSEEN, label="In no list", size="small", on_action=lambda: shaping.follow(UNSEEN),
        )  # fmt: skip


def where_it_stands(lists: AllLists, found: House) -> None:
    """Every list that shows it, those with most of it first, and the saved looks."""
    own = sum(one.own for one in found.shown_in)
    frame.section(
        "Lists that show it", f"{text.count(own)} of {text.count(len(found.shown_in))} around its own products"
    )
    st.session_state.setdefault(WHERE, WHERES[0])
    where = st.segmented_control("Which lists", WHERES, key=WHERE, label_visibility="collapsed", required=True,
                                 on_change=lambda: st.session_state.update({MORE: STEP}))  # fmt: skip
    some = [one for one in found.shown_in if where == WHERES[0] or one.own == (where == WHERES[1])]
    if not some:
        states.said("No list of this kind shows it.")
    else:
        shown = int(st.session_state.get(MORE, STEP))
        parts.sheet([_line(lists, one) for one in some[:shown]], key=SHEET, label="Lists that show it",
                    on_action=lambda: shaping.follow(SHEET))  # fmt: skip
        if shown < len(some):
            left = min(STEP, len(some) - shown)
            more = {MORE: shown + STEP}
            st.button(f"{left} more of {text.count(len(some))}", key="house:next", type="tertiary",
                      icon=":material/expand_more:", on_click=lambda: st.session_state.update(more))  # fmt: skip
    if found.looks:
        names = text.listed(f"“{one.name}”" for one in found.looks[:8])
        states.said(f"In {text.count(len(found.looks), 'saved look')}: {names}.")


def _line(lists: AllLists, one: Appearance) -> dict:
    """One list as a line of a sheet, with the products of the house standing out."""
    at, catalogue = engine.moment(), lists.catalogue
    ours = {item for _, item in one.places}
    rows = lists.rows[catalogue.row(one.anchor)].tolist()
    items = [catalogue.at_row(row) for row in rows if row >= 0]

    def small(item, opens: str) -> dict:
        card = cards.card(item, at=at, opens=opens, tools=())
        return {name: card[name] for name in ("id", "href", "title", "price", "image", "alt", "initial", "brand")}

    places = text.listed(str(place) for place, _ in one.places)
    return {
        "anchor": small(catalogue.item(one.anchor), cards.LIST),
        "items": [{**small(item, cards.PRODUCT), "own": item.id in ours} for item in items],
        "remark": f"Place {places}" if len(ours) == 1 else f"Places {places}",
        "warn": False,
    }


# -- the page ------------------------------------------------------------------------------------------------------


def controls(found: tuple[Standing, ...], chosen: str) -> bool:
    """Whose view it is, and whether with one's own draft. Returns the latter."""
    names = ["", *sorted(one.name for one in found)]
    st.session_state["house:chosen"] = chosen
    st.selectbox("House", names, key="house:chosen", format_func=lambda name: name or "All houses", width=280,
                 on_change=lambda: choose(st.session_state["house:chosen"] or ""))  # fmt: skip
    return drafted() is not None and st.toggle("With your draft", key=WITH_DRAFT)


def drafted() -> Documents | None:
    """All documents as they would be with the draft of whoever is here; None where it changes nothing."""
    desk = tray.desk()
    return desk.standing() if desk is not None and len(desk.draft()) else None


def show() -> None:
    draft = drafted() if st.session_state.get(WITH_DRAFT) else None
    lists = every_list(draft)
    found = standings(lists)
    if not found:
        states.empty("No house is known here", "The products of this catalogue name no house.",
                     ("Shop setup", "shop_setup.py", None))  # fmt: skip
        return
    name, unknown = session.current().house, None
    one = None
    if name:
        try:
            one = house(lists, name)
        except ShopError as error:
            unknown = error.message
            session.commit(house="")
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small",
                      key="house-bar"):  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", width="content"):
            controls(found, one.standing.name if one else "")
        if one is not None:
            taking.take_along(
                lambda: reports.house_report(taking.head(draft=draft is not None), lists, one), key="house"
            )
    address.write(PAGE, {"house": [one.standing.name] if one else []})
    if unknown:
        states.said(unknown, "warn")
    if one is not None:
        one_house(lists, one)
    else:
        all_houses(found)


frame.go()
take_address()
frame.heading(
    "House view",
    "Where a house stands in all lists, beside whom, and whether that is its share of the shop.",
    guide=(
        "Every list of You May Also Like is looked at, as the shop serves it now or as of the day above.",
        "“Times its share” is a house's share of the places for each part of its share of what is on sale.",
        "A boundary says which houses may never meet; where one is broken, in a list or a saved look, it stands here.",
        "“Take it along” makes one page to print or mail, and a workbook with every list.",
    ),
)
shaping.said()
states.guarded(show)()
frame.next_step(
    "Too much of one house, or too little? Say so in a rule, and see what it does before it is live.",
    ("Curation Rules", "curation_rules.py", None),
    ("You May Also Like", "you_may_also_like.py", None),
)
