"""Composing a persona: whom it shops for, what it did and when, what it wishes, follows, wears and does not want."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.domain.catalogue import AUDIENCES
from core.domain.errors import ShopError
from core.domain.shoppers import Dislikes
from core.recommend.personas import DEEDS, MOST_ACTS, Act
from pages.kit import cards, engine, finder, held, parts, personas, states, text

FORM = "shoppers:form"
MOST_VALUES = 200  # houses or colours that are offered
WHEN = {0.0: "Just now", 1.0: "Yesterday", 3.0: "3 days ago", 7.0: "A week ago", 14.0: "Two weeks ago",
        30.0: "A month ago", 60.0: "Two months ago", 90.0: "Three months ago", 180.0: "Half a year ago"}  # fmt: skip
WISHES = "shoppers:wishes"


def panel() -> None:
    """The panel. It reads and changes the persona; on one that was ready made it makes one's own."""
    made = personas.persona()
    with st.container(key="persona-form", gap="medium"):
        did, likes, wears = st.columns([1.15, 1, 1], gap="large")
        with did:
            _did()
            _products("wishes", "What it wishes for", "Put on the wishlist", made.wishes)
        with likes:
            st.html('<p class="by">Whom and what it likes</p>')
            _whom()
            houses = _values(made.followed, list(engine.facets().get("brand", {})))
            st.multiselect("Follows", houses, **_kept("followed", list(made.followed)), placeholder="No house")
            _sizes()
        with wears:
            _dislikes()
            st.button("Done", key="compose-done", icon=":material/check:",
                      on_click=lambda: held.put(personas.STORE, composing=False))  # fmt: skip


def _did() -> None:
    """Another act: what, when, to which product."""
    st.html('<p class="by">What it did</p>')
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        what = st.selectbox("Act", DEEDS, format_func=personas.DID.get, key=f"{FORM}:kind", width=150)
        when = st.selectbox("When", list(WHEN), format_func=WHEN.get, key=f"{FORM}:when", width=165,
                            index=list(WHEN).index(7.0))  # fmt: skip
        finder.finder("persona-did", lambda item: _add_act(item, str(what), float(when or 0.0)), opens=cards.PRODUCT,
                      label="Which product", key="persona-did-find", lazy=True)  # fmt: skip
    count = len(personas.persona().acts)
    states.said(f"{text.count(count, 'act')} so far; each stands under “What they did” and can be changed there."
                if count else "Nothing so far. Choose an act and when, then the product.")  # fmt: skip


def _add_act(item: str, what: str, days: float) -> None:
    acts = personas.persona().acts
    if len(acts) + len(personas.extra()) < MOST_ACTS:
        personas.change(acts=(*acts, Act(item, what, days)))


def _whom() -> None:
    names = ["", *AUDIENCES]
    bound = _kept("audience", personas.persona().audience or "", lambda value: value or None)
    st.selectbox(
        "Shops for", names, format_func=lambda one: text.AUDIENCE_NAMES.get(one, "Whoever it acts for"), **bound
    )


def _products(name: str, title: str, label: str, chosen: Sequence[str]) -> None:
    """Products of a field: those there are with a way out, and a finder for more."""
    st.html(f'<p class="by">{title}</p>')
    catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
    here = [item for item in chosen if item in catalogue]
    leave = {"act": "leave", "label": "Take it out", "icon": "remove"}
    if here:
        parts.rail([cards.card(catalogue.item(item), at=at, tools=(leave,)) for item in here], key=WISHES, label=title,
                   layout="grid", size="small", stay=True, on_action=lambda: _leave(name, here))  # fmt: skip
    finder.finder(f"persona-{name}", lambda item: personas.change(**{name: (*chosen, item)}), opens=cards.PRODUCT,
                  label=label, key=f"persona-{name}-find", lazy=True)  # fmt: skip


def _leave(name: str, here: Sequence[str]) -> None:
    sent = parts.event(WISHES)
    if sent.get("type") == "leave":
        personas.change(**{name: tuple(item for item in here if item != sent.get("id"))})
    elif sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def _sizes() -> None:
    """The size worn of each kind, and one more."""
    made = personas.persona()
    kinds = _sized()
    if not kinds:
        return
    for of, size in made.sizes.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f"<p>{text.markup(of)}: <b>{text.markup(size)}</b></p>", width="content")
            st.button("Take it out", key=f"{FORM}:size-out:{of}", type="tertiary", on_click=_unsized, args=(of,))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        of = st.selectbox("Wears, of", list(kinds), key=f"{FORM}:size-of", width=190)
        size = st.selectbox("Size", kinds.get(str(of), []), key=f"{FORM}:size", width=110)
        st.button("Add", key=f"{FORM}:size-add", on_click=_sized_now, args=(str(of), size), disabled=size is None)


def _sized() -> dict[str, list[str]]:
    """Kind of product -> the sizes it comes in, where there are several."""
    catalogue = engine.shop().catalogue(engine.at())
    found: dict[str, set[str]] = {}
    for kind, stock in zip(catalogue.column("type"), catalogue.column("stock"), strict=True):
        if kind and stock:
            found.setdefault(str(kind), set()).update(size for size in stock if size)
    return {kind: sorted(sizes, key=text.size_order) for kind, sizes in sorted(found.items()) if len(sizes) > 1}


def _sized_now(of: str, size: str | None) -> None:
    if size:
        personas.change(sizes={**personas.persona().sizes, of: size})


def _unsized(of: str) -> None:
    personas.change(sizes={kind: size for kind, size in personas.persona().sizes.items() if kind != of})


def _dislikes() -> None:
    said, facets = personas.persona().dislikes, engine.facets()
    st.html('<p class="by">Not for them</p>')
    for name, field, label in (("colours", "colour", "Colours"), ("houses", "brand", "Houses")):
        now = getattr(said, name)
        there = _values(now, list(facets.get(field, {})))
        st.multiselect(label, there, format_func=lambda one, field=field: text.value_name(field, one),
                       **_kept(f"dislikes.{name}", list(now), _disliked(name)), placeholder="None")  # fmt: skip
    catalogue = engine.shop().catalogue()
    titles = [text.title(catalogue.item(item)) for item in said.items if item in catalogue]
    if titles:
        states.said(f"And {text.listed(titles)}.")


def _disliked(name: str) -> Callable[[Sequence[str]], Dislikes]:
    def changed(values: Sequence[str]) -> Dislikes:
        said = personas.persona().dislikes
        plain = {**said.as_json(), name: list(values)}
        return Dislikes.from_json(plain)

    return changed


def _values(now: Sequence[str], there: Sequence[str]) -> list[str]:
    """What can be chosen: what is, and the most frequent of what the shop has."""
    return list(dict.fromkeys([*now, *there[:MOST_VALUES]]))


def _kept(name: str, now: object, read: Callable[..., object] = lambda one: tuple(one)) -> dict[str, object]:  # type: ignore[call-overload]
    """Arguments of a control that shows a field of the persona and writes it back."""
    key = f"{FORM}:{name}"
    st.session_state[key] = now
    field = name.partition(".")[0]

    def write() -> None:
        try:
            personas.change(**{field: read(st.session_state[key])})
        except ShopError as error:
            st.session_state[personas.SAID] = (error.message, "warn")

    return {"key": key, "on_change": write}
