"""Catalogue: the whole shop, to search, narrow and walk through."""

from __future__ import annotations

import streamlit as st

from core.domain.arrays import Rows
from core.domain.query import FILTER_FIELDS
from core.recommend import browse
from pages.kit import address, cards, engine, frame, keeping, narrowing, parts, session, shaping, states, text, ticking

PAGE, GRID, FACETS = "catalogue", "catalogue:grid", "catalogue:facets"
AT_ONCE = 48
SORTS = dict(browse.SORTS)
SETS = {
    "broken-sizes": "Broken size runs", "new": "New in the last fortnight", "without-picture": "Without a picture",
    "without-text": "Without words", "thin": "Thin lists", "running-out": "Running out",
}  # fmt: skip

session.require()


def take_address() -> None:
    """A link decides what is shown; without one, what was chosen before stays."""
    came = address.arrived(PAGE)
    if came is None:
        return
    one = {name: values[0] for name, values in came.items() if values}
    st.session_state["catalogue:set"] = one.get("set", "")
    session.commit(
        words=one.get("q", "")[:200],
        chosen={name: values[:50] for name, values in came.items() if name in FILTER_FIELDS},
        from_price=_whole(one.get("from")),
        to_price=_whole(one.get("to")),
        sort=one["sort"] if one.get("sort") in SORTS else "featured",
        page=max(0, (_whole(one.get("page")) or 1) - 1),
    )


def give_address() -> None:
    me = session.current()
    address.write(PAGE, {
        "q": [me.words] if me.words else [],
        **{name: list(values) for name, values in me.chosen.items()},
        "from": [str(me.from_price)] if me.from_price is not None else [],
        "to": [str(me.to_price)] if me.to_price is not None else [],
        "sort": [me.sort] if me.sort != "featured" else [],
        "page": [str(me.page + 1)] if me.page else [],
        "set": [st.session_state.get("catalogue:set", "")] if st.session_state.get("catalogue:set") else [],
    })  # fmt: skip


def _whole(given: str | None) -> int | None:
    return int(given) if given and given.isdecimal() and len(given) < 13 else None


def narrow() -> None:
    me = session.current()
    chosen, low, high = narrowing.changed(
        parts.event(FACETS, "change"), me.chosen, me.from_price, me.to_price, engine.currency()
    )
    session.commit(chosen=chosen, from_price=low, to_price=high, page=0)


def without(field: str, value: str) -> None:
    """Take one choice away."""
    me = session.current()
    if field == "price":
        session.commit(**{f"{value}_price": None}, page=0)
    else:
        chosen = {name: [one for one in values if (name, one) != (field, value)] for name, values in me.chosen.items()}
        session.commit(chosen={name: values for name, values in chosen.items() if values}, page=0)


def everything() -> None:
    st.session_state["catalogue:set"] = ""
    session.commit(words="", chosen={}, from_price=None, to_price=None, page=0)


def order_names() -> dict[str, str]:
    """The names of the orders; with words, the first is the order of the search."""
    return {**SORTS, "featured": "Closest first"} if session.current().words.strip() else dict(SORTS)


def turn(to: int) -> None:
    session.commit(page=max(0, to))


def set_ids(name: str) -> list[str] | None:
    """The products of a set that Today links to; None for a name that is none."""
    glance = engine.shop().glance(engine.at())
    known = {
        "broken-sizes": glance.broken_sizes, "new": glance.new, "without-picture": glance.without_picture,
        "without-text": glance.without_text, "thin": glance.thin or (),
    }  # fmt: skip
    if name in known:
        return list(known[name])
    if name == "running-out":
        running = engine.shop().running_out(engine.at())
        return [] if running is None else [one.id for one in running.found]
    for finding in glance.findings:
        if name == f"found-{finding.code}":
            return list(finding.ids)
    return None


def set_name(name: str) -> str:
    if name in SETS:
        return SETS[name]
    found = [finding.text for finding in engine.shop().findings if name == f"found-{finding.code}"]
    return found[0] if found else name


@st.fragment
@states.guarded
def front() -> None:
    """Facets at the left, the shop front at the right; a choice redraws this and nothing else."""
    frame.anew()
    frame.once(keeping.SAID)
    shaping.said()
    me, shop = session.current(), engine.shop()
    notes, span, found = (), None, None
    left, right = st.columns([1, 3.6], gap="large")
    named = st.session_state.get("catalogue:set", "")
    ids = set_ids(named) if named else None
    if ids is None:
        filters = narrowing.filters(me.chosen, me.from_price, me.to_price)
        shelf = engine.shelf(filters, words=me.words, sort=me.sort, page=me.page + 1, size=AT_ONCE)
        session.commit(page=shelf.page - 1)
        ids_of = shop.catalogue(engine.at()).ids
        shown, total, counts = [ids_of[row] for row in shelf.rows], shelf.total, shelf.facets
        span, notes, found = shelf.price, shelf.notes, shelf.found
    else:
        shown, total, counts = ids[me.page * AT_ONCE : (me.page + 1) * AT_ONCE], len(ids), {}
    with left, st.container(key="controls"):
        if ids is None:
            priced = engine.priced() and narrowing.price(me.from_price, me.to_price, engine.currency(), span)
            parts.facets(
                narrowing.groups(counts, me.chosen, roots=engine.roots()),
                priced or None,
                key=FACETS,
                label="Narrow down",
                on_change=narrow,
            )
        else:
            states.said("This is a set of products from Today. Show everything to narrow down yourself.")
    with right:
        tokens(named if ids is not None else "", total)
        for note in notes:
            states.said(note.text)
        if not shown:
            states.empty(
                "Nothing like that in the shop",
                "Try other words, or take away some of what narrows the view.",
            )
        else:
            catalogue, at = shop.catalogue(engine.at()), engine.moment()
            parts.rail(
                ticking.on([
                    shaping.in_the_shop(cards.card(catalogue.item(item), at=at), searched=bool(me.words.strip()))
                    for item in shown
                ]),
                key=GRID, label="Products", layout="grid", page=me.page, heard=ticking.heard(), on_action=follow,
            )  # fmt: skip
            pager(total)
    if ids is None:
        st.checkbox("Narrow down", key="drawer")
    ticking.bar(shop, total, lambda: every(ids, found))
    give_address()


def every(ids: list[str] | None, found: Rows | None) -> list[str]:
    """All that the page found: a set that was linked to, else what passes the filters."""
    known = engine.shop().catalogue(engine.at()).ids
    return list(ids or ()) if found is None else [known[row] for row in found.tolist()]


def follow() -> None:
    """A card was ticked, or something else was clicked on it."""
    if not ticking.follow(GRID):
        shaping.follow(GRID)


def tokens(named: str, total: int) -> None:
    """What narrows the view, each to be taken away; and how much is left."""
    me = session.current()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tokens"):
        left = text.count(total, "product")
        st.html(f'<p class="count" role="status">{text.markup(left[:1].upper() + left[1:])}</p>', width="content")
        if named:
            st.button(text.plain(set_name(named)), icon=":material/close:", key="token:set", on_click=everything)
        for number, (field, value, name) in enumerate(
            narrowing.words(me.chosen, me.from_price, me.to_price, engine.currency())
        ):
            st.button(
                text.plain(name), icon=":material/close:", key=f"token:{number}", on_click=without, args=(field, value),
                help=text.plain(f"Take away: {text.field_name(field)} {name}"),
            )  # fmt: skip
        if me.chosen or me.words or me.from_price is not None or me.to_price is not None or named:
            st.button("Show everything", key="token:all", type="tertiary", on_click=everything)


def pager(total: int) -> None:
    me = session.current()
    pages = -(-total // AT_ONCE)
    if pages < 2:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="pager"):
        st.button("Back", key="page:back", disabled=me.page == 0, on_click=turn, args=(me.page - 1,))
        st.html(f'<p class="aside">Page {text.count(me.page + 1)} of {text.count(pages)}</p>', width="content")
        st.button("Further", key="page:on", disabled=me.page >= pages - 1, on_click=turn, args=(me.page + 1,))


frame.go()
st.session_state.pop("kit:again", None)  # all of it is drawn anew
take_address()
frame.heading(
    "Catalogue",
    "Everything the shop holds. Search in your own words, narrow down, and open a product or its list.",
    guide=(
        "Search by sense as well as by word: “something warm for a winter wedding” works.",
        "Values of one group add up (camel or black); groups narrow each other (coats, and black).",
        "Click a picture for the product; the small mark on it opens its You May Also Like list.",
        "Tick products with the circle at their corner, or with the space bar; hold Shift to tick a row of them.",
        "The address in the browser holds the whole view: copy it to share what you see.",
    ),
)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="searchbar"):
    st.text_input(
        "Search", placeholder=f"Search {text.count(len(engine.shop().catalogue(engine.at())), 'product')}",
        icon=":material/search:", label_visibility="collapsed", type="search", max_chars=200,
        **session.bound("words", page=0),
    )  # fmt: skip
    st.selectbox(
        "Order", list(SORTS), format_func=order_names().__getitem__, label_visibility="collapsed", width=210,
        **session.bound("sort", page=0),
    )  # fmt: skip
front()
frame.next_step(
    "Found one to work on? Open its list, or bring your own catalogue.",
    ("You May Also Like", "you_may_also_like.py", None),
    ("Shop setup", "shop_setup.py", None),
)
