"""Tuning: two strategies side by side, the map of trade-offs, what thumbs teach, and lists steered by example."""

from __future__ import annotations

import streamlit as st

from core.domain.catalogue import Item
from core.domain.query import Request
from pages.kit import (
    answers,
    cards,
    controls,
    engine,
    example,
    finder,
    frame,
    judging,
    session,
    sides,
    states,
    text,
    tradeoffs,
    versus,
)  # fmt: skip

AB, MAP, THUMBS, EXAMPLE = "A | B", "Trade-offs", "Judgements", "By example"
MODES = {"ab": AB, "trade-offs": MAP, "judgements": THUMBS, "example": EXAMPLE}
MODE, A, B, SHEET = "tuning:mode", "tuning:a", "tuning:b", "tuning:many"
SCOPE, NUMBER = "tuning:scope", "tuning:lists"
NOTHING_WEIGHED = (
    "Nothing is weighed", "All weights are 0, so no product comes before another. Give one a weight, or reset.",
)  # fmt: skip
LEDES = {
    AB: "Two strategies around the same products. Move a weight, and see what it does before anybody else does.",
    MAP: "What one gains by giving up something else: four settings around this product, and all others behind.",
    THUMBS: "Say what belongs together and what does not, and see which weights would have known it.",
    EXAMPLE: "More like these, less like those: the list leans towards your examples.",
}

session.require()


@st.fragment
@states.guarded
def side_by_side(item: Item) -> None:
    """Weights at the left, both strips at the right; a moved slider redraws this and nothing else."""
    frame.anew()
    known = sides.standing()
    names = sides.choices(known)
    for key, first in ((A, sides.LIVE), (B, sides.TRYING)):
        if st.session_state.get(key) not in names:
            st.session_state[key] = first
    left, right = st.columns([1, 3.1], gap="large")
    with left, st.container(key="controls"):
        panel(item, known)
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="versus-sides"):
            for key, label in ((A, "A"), (B, "B")):
                st.selectbox(label, list(names), format_func=names.get, key=key, width=190, persist_state="session")
            first = {} if SHEET in st.session_state else {"default": "One product"}
            st.segmented_control("Around", ("One product", "A sheet"), key=SHEET, required=True, width="content",
                                 persist_state="session", **first)  # fmt: skip
            if st.session_state.get(SHEET) == "A sheet":
                mine = versus.chosen()
                own = {versus.CHOSEN: f"The {text.count(len(mine))} chosen"} if mine else {}
                roots = {**own, "": "The whole shop", **{root: root for root in engine.roots()}}
                st.selectbox("Lists of", list(roots), format_func=roots.get, key=SCOPE, width=180)
                st.selectbox("How many", versus.LISTS, key=NUMBER, width=110)
        sides.said()
        if not controls.weighed():
            states.empty(*NOTHING_WEIGHED)
            return
        a, b = (sides.side(str(st.session_state[key]), known, item.id) for key in (A, B))
        if st.session_state.get(SHEET) == "A sheet":
            versus.sheet(str(st.session_state.get(SCOPE) or ""), int(st.session_state.get(NUMBER) or 10), a, b)
        else:
            versus.one_product(item, a, b)
            asked = Request(anchor=item.id, k=session.current().places, at=engine.at(), strategy=b.strategy)
            answers.panel(asked, b.documents, f"list B, {b.name}")
        with st.expander("Your strategies, and where they hold", key="shelf", expanded=True, type="compact"):
            sides.shelf(known)
    st.checkbox("Weights", key="drawer")


def panel(item: Item, known) -> None:
    """What B is made of: the sliders where it is being tried, else the strategy as it stands."""
    chosen = str(st.session_state[B])
    if chosen == sides.TRYING:
        controls.panel(anchor=item.id)
        if not controls.weighed():
            return
        strategy, _ = controls.strategy(anchor=item.id)
    else:
        one = sides.side(chosen, known, item.id)
        strategy = one.around(item.id)
        st.subheader(text.plain(one.name), anchor=False)
        st.html(f'<p class="aside">{text.markup(sides.told(strategy))}.</p>')
        if strategy.note:
            st.html(f'<p class="aside">“{text.markup(strategy.note)}”</p>')
        st.button("Change it with the sliders", key="take-b", type="tertiary", on_click=sides.try_out, args=(strategy,))
    with st.container(key="name-actions", gap="small"):
        sides.keep_under_a_name(strategy, "b")
        sides.assign(strategy, "b", item.id)


@st.fragment
@states.guarded
def in_a_fragment(item: Item) -> None:
    """The other modes; what is clicked there redraws them alone."""
    frame.anew()
    {MAP: tradeoffs.page, THUMBS: judging.page, EXAMPLE: example.page}[st.session_state[MODE]](item)
    if st.session_state[MODE] == EXAMPLE:
        st.checkbox("Examples", key="drawer")


def take_address() -> None:
    mode = st.query_params.get("mode")
    if mode is not None:
        st.session_state[MODE] = MODES.get(mode, AB)
        del st.query_params["mode"]
    if came := st.query_params.get("anchors"):  # products whose lists are to be seen, from the map or the catalogue
        st.session_state[versus.CHOSEN] = [one for one in came.split(",") if one][: max(versus.LISTS)]
        if versus.chosen():
            st.session_state.update({SHEET: "A sheet", SCOPE: versus.CHOSEN, NUMBER: max(versus.LISTS)})
            st.session_state[MODE] = AB
            session.commit(item=versus.chosen()[0])
        del st.query_params["anchors"]
    if st.session_state.get(MODE) not in MODES.values():
        st.session_state[MODE] = AB


def switch() -> None:
    st.segmented_control("Show", list(MODES.values()), key=MODE, label_visibility="collapsed", required=True,
                         persist_state="session")  # fmt: skip


def who_is_shown(item: Item) -> None:
    """The product that all is about, and the way to another."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="anchor"):
        picture = cards.picture_url(item)
        initial = text.markup((text.house(item) or text.title(item))[:1].upper())
        shot = f'<img src="{picture}" alt="">' if picture else f'<span aria-hidden="true">{initial}</span>'
        facts = " · ".join(one for one in (text.money(item.price, item.currency), " › ".join(item.category)) if one)
        st.html(
            f'<div class="anchor"><div class="portrait">{shot}</div><div><p class="over">'
            f'{text.markup(text.house(item))}</p><p class="anchor-title">{text.markup(text.title(item))}</p>'
            f'<p class="aside">{text.markup(facts)}</p></div></div>',
            width="content",
        )
        finder.finder("tuning", versus.choose, opens=cards.LIST)


frame.go()
take_address()
frame.heading(
    "Tuning",
    LEDES[st.session_state[MODE]],
    guide=(
        "A and B are any two: what is live, what you try, your draft, or a strategy that has a name.",
        "Small arrows on B say how far a product moved against A. Order alike counts the first places most.",
        "Keep under a name gives a strategy a name and a note; Use it for lets it hold beside a category. Both go into "
        "your draft, and live when you publish it.",
        "Trade-offs tries about 300 settings on 200 products. Judgements need 30 thumbs before they teach anything.",
    ),
    beside=switch,
)
if anchor := engine.chosen() or engine.presentable():
    product = engine.shop().item(anchor, engine.at())
    session.commit(item=product.id)
    who_is_shown(product)
    if st.session_state[MODE] == AB:
        side_by_side(product)
    else:
        in_a_fragment(product)
else:
    states.empty_shop()
frame.next_step(
    "Settled on something? It is in your draft: measure it over all lists, then publish.",
    ("Publish", "publish.py", None),
    ("You May Also Like", "you_may_also_like.py", None),
)
