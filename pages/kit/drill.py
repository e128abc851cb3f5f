"""Sell-out drill: pick products, see what would break with them gone, and what could stand in. Nothing is changed."""

from __future__ import annotations

import hashlib

import streamlit as st

from core.curation.drill import MOST, Drill
from core.export import reports
from core.recommend import saved
from pages.kit import cards, engine, frame, looks, parts, states, taking, text

CHOSEN, KEPT, FIND = "drill:chosen", "drill:found", "drill:find"
PICKED, OUT, INSTEAD, LOOKS, THIN = "drill:picked", "drill:out", "drill:instead", "drill:looks", "drill:thin"
ADD = {"act": "add", "label": "Sell it out", "icon": "choose"}
BACK = {"act": "back", "label": "Leave it in", "icon": "remove"}
FOUND, SHOWN = 8, 40


def chosen() -> list[str]:
    """The products that are sold out in the drill, those that are still in the catalogue."""
    known = engine.shop().catalogue(engine.at())
    return [item for item in st.session_state.get(CHOSEN, ()) if item in known]


def choose(*items: str) -> None:
    """Sell more products out."""
    st.session_state[CHOSEN] = list(dict.fromkeys([*chosen(), *items]))[:MOST]


def panel() -> None:
    """The whole drill: what is sold out, and what breaks."""
    picked = chosen()
    frame.section("What if these sold out?", text.count(len(picked), "product") if picked else "")
    _picker(picked)
    if not picked:
        states.said(
            "Choose products. Every list, pin and saved look is made as if none of them were left; nothing is changed."
        )
        return
    mark = _mark(picked)
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] != mark:
        if not st.button("Run the drill", key="drill:run", type="primary"):
            return
        shop, at = engine.shop(), engine.at()
        found = states.watched(lambda tell: shop.drill(picked, at=at, progress=tell), "Making every list twice")
        st.session_state[KEPT] = (mark, found)
        st.rerun()
    _told(st.session_state[KEPT][1])


def _mark(picked: list[str]) -> str:
    """All that a drill depends on."""
    shop = engine.shop()
    kept = [(one.id, one.saved.version) for one in shop.saved_looks(engine.at())]
    plain = f"{picked}{shop.view(engine.at()).versions.as_json()}{engine.as_of()}{kept}"
    return hashlib.sha256(plain.encode()).hexdigest()


# -- choosing ------------------------------------------------------------------------------------------------------


def _picker(picked: list[str]) -> None:
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    if picked:
        parts.rail(
            [cards.card(catalogue.item(item), at=at, tools=(BACK,)) for item in picked[:SHOWN]],
            key=OUT, label="Sold out in the drill", size="small", on_action=_left_in,
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="drill-bar"):
        st.text_input(
            "Find products to sell out", key=FIND, placeholder="Name, house or id", max_chars=200,
            icon=":material/search:", width=360,
        )  # fmt: skip
        if picked:
            st.button("Begin anew", key="drill:clear", type="tertiary", on_click=_clear)
    words = str(st.session_state.get(FIND) or "").strip()
    if not words:
        return
    found = [item for item in engine.find(words, FOUND + len(picked)) if item not in picked][:FOUND]
    if not found:
        states.said("No other product answers to that.")
        return
    parts.rail(
        [cards.card(catalogue.item(item), at=at, tools=(ADD,)) for item in found],
        key=PICKED, label="Products found", size="small", on_action=_picked,
    )  # fmt: skip


def _picked() -> None:
    """A card was clicked: here the picture chooses too, as the tool on it does."""
    sent = parts.event(PICKED)
    if sent.get("id") in engine.shop().catalogue():
        choose(sent["id"])
        st.session_state[FIND] = ""


def _left_in() -> None:
    sent = parts.event(OUT)
    if sent.get("type") == "back":
        st.session_state[CHOSEN] = [item for item in chosen() if item != sent.get("id")]
    else:
        _open(OUT)


def _clear() -> None:
    st.session_state[CHOSEN] = []
    st.session_state[FIND] = ""


def _open(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


# -- what breaks ---------------------------------------------------------------------------------------------------


def _told(found: Drill) -> None:
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="drill-told"
    ):
        st.html('<p class="said" role="status">Nothing was changed. What is broken already is not counted.</p>',
                width="content")  # fmt: skip
        taking.take_along(lambda: reports.drill_report(taking.head(), found), key="drill")
    _figures(found)
    if found.already:
        names = text.listed(map(_title, found.already[:6]))
        states.said(f"Not on sale as it is, so nothing more breaks because of it: {names}.")
    _pins(found)
    _broken_looks(found)
    if found.findings:
        frame.section("Rules that could not be kept", text.count(len(found.findings)))
        for one in found.findings:
            states.said(one.text, "warn")
    _thin(found)
    _substitutes(found)


def _figures(found: Drill) -> None:
    told = (
        ("Lists that would change", text.count(found.changed), f"of {text.count(found.lists)}"),
        ("Run thin", text.count(len(found.thin)), "fewer than ten products"),
        ("Pins that sleep", text.count(len(found.pins)), "until the product is back"),
        ("Looks that break", text.count(len(found.looks)), "of the saved ones"),
        ("No substitute", text.count(len(found.bare)), f"of {text.count(len(found.items), 'product')}"),
    )
    frame.figures(told)


def _pins(found: Drill) -> None:
    if not found.pins:
        return
    frame.section("Pins that would sleep", text.count(len(found.pins), "pin"))
    rows = "".join(
        f"<tr><td>{text.markup(one.text)}</td><td class='num'>{text.count(one.lists)}</td>"
        f"<td>{text.markup(_title(one.instead) if one.instead else 'Nothing of its kind fits')}</td></tr>"
        for one in found.pins
    )
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="Pins"><table class="plain-table"><thead><tr>'
        "<th scope='col'>Pin</th><th scope='col' class='num'>Lists</th><th scope='col'>Could be pinned instead</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _broken_looks(found: Drill) -> None:
    if not found.looks:
        return
    frame.section("Looks that would break", "What could stand in, best first")
    rows = [
        _line(mend.gone.id, [item for item, _ in mend.options], f"{one.look.name}: {_role(mend.gone.role)}")
        for one in found.looks
        for mend in one.mends
    ]
    parts.sheet(rows, key=LOOKS, label="Broken looks", on_action=lambda: _open(LOOKS))


def _role(role: str) -> str:
    return "the product itself" if role == saved.ANCHOR else looks.name_of(role).lower()


def _thin(found: Drill) -> None:
    if not found.thin:
        return
    frame.section("Lists that would run thin", text.count(len(found.thin), "list"))
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    parts.rail(
        [cards.card(catalogue.item(one.anchor), at=at, opens=cards.LIST, tools=(cards.TO_PRODUCT,),
                    note=f"{one.after} of {one.before} left") for one in found.thin[:SHOWN]],
        key=THIN, label="Lists that would run thin", size="small", on_action=_to_list,
    )  # fmt: skip


def _to_list() -> None:
    sent = parts.event(THIN)
    if sent.get("id") in engine.shop().catalogue():
        page = "product.py" if sent.get("type") == "product" else "you_may_also_like.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


def _substitutes(found: Drill) -> None:
    frame.section("What could stand in", "Best first")
    rows = [
        _line(str(one.anchor), list(one.ids), reports.stand_ins(one), warn=not one.items)
        for one in found.substitutes[:SHOWN]
    ]
    parts.sheet(rows, key=INSTEAD, label="Substitutes", on_action=lambda: _open(INSTEAD))


def _line(item: str, instead: list[str], says: str, *, warn: bool = False) -> dict:
    """A product that is gone, and what could take its place."""
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()

    def small(one: str) -> dict:
        card = cards.card(catalogue.item(one), at=at, tools=())
        return {name: card[name] for name in ("id", "href", "title", "price", "image", "alt", "initial", "brand")}

    return {"anchor": small(item), "items": [small(one) for one in instead], "remark": says, "warn": warn}


def _title(item: str) -> str:
    catalogue = engine.shop().catalogue(engine.at())
    return text.title(catalogue.item(item)) if item in catalogue else item
