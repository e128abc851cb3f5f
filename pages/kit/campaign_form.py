"""The form of a campaign: what it is called and tells, when it runs, what it shows; kept in the draft."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.campaigns import MOST_HEROES, Campaign, id_of
from core.domain.changes import Documents, Key
from core.domain.errors import ShopError
from pages.kit import cards, engine, finder, held, parts, rule_book, rule_form, states, text

FORM, HEROES = "campaigns:form", "campaigns:heroes"
USUALLY = timedelta(days=28)  # how long a new campaign runs until told otherwise
TO_TAKE_OUT = {"act": "remove", "label": "Take out", "icon": "remove"}
TO_LEAD = {"act": "lead", "label": "Set first", "icon": "left"}


def opened() -> bool:
    return FORM in st.session_state


def begin() -> None:
    """A new campaign, from tomorrow for four weeks."""
    day = datetime.combine(engine.today() + timedelta(days=1), time())
    blank: dict[str, Any] = {
        "id": None, "name": "", "story": "", "starts_at": day, "ends_at": day + USUALLY, "zone": engine.zone().key,
        "heroes": [], "collection": None, "off": False,
    }  # fmt: skip
    held.keep(FORM, blank)


def edit(one: Campaign) -> None:
    zone = ZoneInfo(one.zone)
    dates = {name: getattr(one, name) for name in ("starts_at", "ends_at")}
    held.keep(FORM, {
        "id": one.id, "name": one.name, "story": one.story, "zone": one.zone, "heroes": list(one.heroes),
        "collection": one.collection, "off": one.off,
        **{name: date.astimezone(zone).replace(tzinfo=None) if date else None for name, date in dates.items()},
    })  # fmt: skip


def close() -> None:
    st.session_state.pop(FORM, None)


def show(standing: Documents) -> None:
    """Words and dates at the left, the heroes at the right."""
    fields = held.of(FORM)
    back = "Back to the campaign" if fields["id"] else "All campaigns"
    st.button(back, key="campaign-back", type="tertiary", icon=":material/arrow_back:", on_click=close)
    left, right = st.columns([1, 1.15], gap="large")
    with left, st.container(key="campaign-form", gap="medium"):
        st.text_input("Name", max_chars=80, placeholder="Autumn in the city", **_bound("name"))
        st.text_area("Story", max_chars=2000, height=130, placeholder="What it tells, for whoever comes after you",
                     **_bound("story"))  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.datetime_input("Begins", value=None, format="DD/MM/YYYY", width=240, **_bound("starts_at"))
            st.datetime_input("Ends", value=None, format="DD/MM/YYYY", width=240, **_bound("ends_at"))
        states.said(f"It begins and ends by itself, in {_place(fields['zone'])} time. Empty: at once, without an end.")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            zones = rule_form.zones()
            st.selectbox("Time zone", zones if fields["zone"] in zones else [fields["zone"], *zones], width=240,
                         format_func=_place, **_bound("zone"))  # fmt: skip
            if collections := _collections(fields["collection"]):
                st.selectbox("Collection", [None, *collections], width=240,
                             format_func=lambda name: name or "None", **_bound("collection"))  # fmt: skip
    with right, st.container(key="campaign-heroes", gap="medium"):
        heroes(fields)
    one, wrong = written(standing)
    with st.container(key="campaign-keep", horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Keep in my draft", key="campaigns:keep", type="primary", disabled=one is None,
                  on_click=_keep, args=(one, standing))  # fmt: skip
        states.said(wrong or "Only you see it, until you publish it.")


def heroes(fields: dict[str, Any]) -> None:
    """The products it is about, and the way to another one."""
    known, at = engine.shop().catalogue(engine.at()), engine.moment()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html('<h2 class="field-of">Its heroes</h2>')
        finder.finder("campaigns", _add, opens=cards.PRODUCT, label="Add a hero", key="campaigns-hero")
    there = [item for item in fields["heroes"] if item in known]
    if not fields["heroes"]:
        states.said("The products that it is about. New rules for it speak of them until you say otherwise.")
    if there:
        parts.rail(
            [cards.card(known.item(item), at=at, tools=(TO_LEAD, TO_TAKE_OUT)) for item in there],
            key=HEROES, label="Heroes", layout="grid", size="small", on_action=_of_hero,
        )  # fmt: skip
    for number, item in enumerate(one for one in fields["heroes"] if one not in known):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            states.said(f"{item} is not in the catalogue any more.", "warn")
            st.button("Take it out", key=f"campaigns:gone-{number}", type="tertiary", on_click=_drop, args=(item,))


def _add(item: str) -> None:
    heroes_ = held.of(FORM)["heroes"]
    held.put(FORM, heroes=[*heroes_, *([item] if item not in heroes_ else [])][:MOST_HEROES])


def _drop(item: str) -> None:
    held.put(FORM, heroes=[one for one in held.of(FORM)["heroes"] if one != item])


def _of_hero() -> None:
    sent = parts.event(HEROES)
    item, here = sent.get("id"), held.of(FORM)["heroes"]
    if item not in here:
        return
    if sent.get("type") == "remove":
        _drop(str(item))
    elif sent.get("type") == "lead":
        held.put(FORM, heroes=[item, *(one for one in here if one != item)])
    elif sent.get("type") in ("open", "product"):
        st.session_state["kit:go"] = ("product.py", {"item": item})


def written(standing: Documents) -> tuple[Campaign | None, str]:
    """The campaign that the fields say, or None and what is still wrong with them."""
    fields = held.of(FORM)
    name = " ".join(str(fields["name"] or "").split())
    if not name:
        return None, "Give it a name."
    zone = ZoneInfo(fields["zone"])
    dates = [None if (day := fields[one]) is None else day.replace(tzinfo=zone) for one in ("starts_at", "ends_at")]
    try:
        return Campaign(
            fields["id"] or free_id(name, standing), name, str(fields["story"] or "").strip(), *dates, fields["zone"],
            tuple(fields["heroes"]), fields["collection"], fields["off"],
        ), ""  # fmt: skip
    except ShopError as error:
        said = error.message.partition(": ")[2] or error.message
        return None, said[:1].upper() + said[1:]


def free_id(name: str, standing: Documents) -> str:
    """An id for a new campaign, from its name; another one where that is taken."""
    first = id = id_of(name)
    number = 2
    while Key("campaign", id) in standing:
        id, number = f"{first}-{number}", number + 1
    return id


def _keep(one: Campaign | None, standing: Documents) -> None:
    if one is None:
        return
    key = Key("campaign", one.id)
    says = f"{'Change' if key in standing else 'New'} campaign: {one.name}"
    if rule_book.step(partial(_edit, key=key, one=one, says=says)):
        close()
        st.session_state["campaigns:open"] = one.id
        st.session_state[rule_book.SAID] = (f"In your draft: the campaign “{one.name}”.", "")


def _edit(desk: Any, *, key: Key, one: Campaign, says: str) -> None:
    desk.edit(key, one.as_json(), says=says, at=engine.now())


def _bound(name: str) -> dict[str, Any]:
    return held.bound(FORM, name)


def _place(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _collections(now: str | None) -> list[str]:
    """The collections of the catalogue, and the one that is set."""
    names = {str(one) for one in engine.shop().catalogue().frame["collection"].dropna() if str(one).strip()}
    return sorted(names | ({now} if now else set()), key=text.plain)
