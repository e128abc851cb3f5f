"""You May Also Like: one product's list with its weights and reasons, or a sheet of many lists to skim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import streamlit as st

from core.domain.catalogue import Catalogue, Item
from core.domain.listing import Listing, Origin, Trace
from core.domain.query import Filters, Request
from core.export import reports
from pages.kit import (
    answers,
    at_work,
    cards,
    charts,
    controls,
    engine,
    finder,
    frame,
    narrowing,
    parts,
    session,
    shaping,
    states,
    taking,
    text,
)  # fmt: skip

LIST, SHEET, ASIDE, NARROW = "like:list", "like:sheet", "like:aside", "like:narrow"
MODES = ("One product", "Sheet")
LAYOUTS = ("Carousel", "Grid")
PLACES = (5, 8, 10, 12, 16, 24)
LISTS = (10, 20, 30, 50)
THIN = "thin"
NOTHING_WEIGHED = (
    "Nothing is weighed", "All weights are 0, so no product comes before another. Give one a weight, or reset.",
)  # fmt: skip

session.require()


def request(anchor: str | None) -> Request:
    """What is asked: the live strategy, or the one being tried."""
    me = session.current()
    tried, differs = controls.strategy(anchor=anchor)
    return Request(
        anchor=anchor, k=me.places, at=engine.at(), strategy=tried if differs else None,
        filters=narrowing.filters(me.filters, me.price_from, me.price_to),
    )  # fmt: skip


def follow(key: str, anchor: Item | None = None) -> None:
    """A card was clicked: its product, or its list, opens; or it was shaped, and the draft takes that."""
    sent = parts.event(key)
    if anchor is not None and shaping.act(anchor, sent):
        st.session_state["kit:again"] = True  # the tray stands outside of what is redrawn
        return
    if sent.get("id") in engine.shop().catalogue():
        if sent.get("type") == answers.ASK:
            answers.about(sent["id"])
        elif sent.get("type") == "list":
            choose(sent["id"])
        else:
            st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


def choose(item: str) -> None:
    session.commit(item=item, mode=MODES[0])
    st.query_params["item"] = item
    st.session_state["kit:again"] = True


def narrow() -> None:
    me = session.current()
    filters, low, high = narrowing.changed(
        parts.event(NARROW, "change"), me.filters, me.price_from, me.price_to, engine.currency()
    )
    session.commit(filters=filters, price_from=low, price_to=high)


# -- one product ---------------------------------------------------------------------------------------------------


@st.fragment
@states.guarded
def one_product(item: Item) -> None:
    """Weights at the left, the list at the right; a moved slider redraws this and nothing else."""
    frame.anew()
    left, right = st.columns([1, 3.1], gap="large")
    with left, st.container(key="controls"):
        controls.panel(anchor=item.id)
        filters()
    with right:
        if controls.weighed():
            asked = request(item.id)
            shown = at_work.documents()
            listing = engine.shop().recommend(asked, draft=shown)
            at_work.panel(asked)
            the_list(item, listing, at_work.badges(asked, listing, shown))
            if listing.items:
                take(asked, listing)
            how(asked)
            if listing.items:
                carried(listing)
            answers.panel(asked, at_work.documents())
        else:
            states.empty(*NOTHING_WEIGHED)
    st.checkbox("Weights and filters", key="drawer")


def filters() -> None:
    me = session.current()
    chosen = sum(len(values) for values in me.filters.values()) + sum(
        x is not None for x in (me.price_from, me.price_to)
    )
    fold = st.expander(f"Only show{f' ({chosen} chosen)' if chosen else ''}", key="only", on_change="rerun")
    if fold.open:
        with fold:
            shelf = engine.shelf(Filters(), size=1)
            priced = engine.priced() and narrowing.price(me.price_from, me.price_to, engine.currency(), shelf.price)
            fields = [field for field in narrowing.FACETS if field != "state"]
            groups = narrowing.groups(shelf.facets, me.filters, fields=fields, roots=engine.roots())
            parts.facets(groups, priced or None, key=NARROW, label="Only show", on_change=narrow)


def the_list(item: Item, listing: Listing, ruled: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    me, shop = session.current(), engine.shop()
    catalogue = shop.catalogue(engine.at())
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
        houses = {text.house(one) for one in items.values() if one.brand}
        said = [text.count(len(items), "product"), *([text.count(len(houses), "house")] if houses else [])]
        st.html(f'<p class="aside" role="status">{text.markup(", ".join(said))}</p>', width="content")
        with st.container(
            key="list-options", horizontal=True, width="content", vertical_alignment="center", gap="small"
        ):
            if shaping.drafted_rules():
                st.toggle("With your draft", **session.bound("with_draft"))
            st.selectbox("Places", PLACES, format_func=lambda n: f"{n} places", label_visibility="collapsed",
                         width=128, **session.bound("places"))  # fmt: skip
            st.segmented_control("Shown as", LAYOUTS, label_visibility="collapsed", required=True,
                                 **session.bound("layout"))  # fmt: skip
    if not items:
        states.empty("Nothing to show", " ".join(note.text for note in listing.notes) or "Nothing compares with it.")
        return
    parts.rail(
        cards.listed(
            listing, items, at=engine.moment(), anchor=item, tools=(answers.TOOL, cards.TO_LIST, shaping.TOOL),
            menu=lambda placed: shaping.menu(placed.rank, pinned=placed.origin is Origin.PIN), ruled=ruled,
        ),
        key=LIST, label="You May Also Like", layout=me.layout.lower(), say="The list has changed.",
        on_action=lambda: follow(LIST, item),
    )  # fmt: skip
    shaping.said()
    for note in listing.notes:
        states.said(note.text)


def take(asked: Request, listing: Listing) -> None:
    """The list as it stands here, to print or to reckon with."""
    drafted, without = shaping.standing() is not None, len(at_work.left_out())
    taking.take_along(
        lambda: reports.list_report(
            taking.head(draft=drafted, without=without), listing, strategy=asked.strategy, filters=asked.filters
        ),
        key="list",
    )  # fmt: skip


def how(asked: Request) -> None:
    """How the list came about: what each stage left, and what twins and variety put aside."""
    with st.expander("How this list came about", expanded=True, key="how", on_change="rerun", type="compact") as fold:
        if not fold.open:
            return
        trace = engine.shop().trace(asked, draft=at_work.documents())
        stages(trace)
        aside = set_aside(trace, asked)
        if not aside:
            states.said("By score alone the list would hold the same products.")
            return
        catalogue, at = engine.shop().catalogue(engine.at()), engine.moment()
        states.said("Put aside: twins of what stands in the list, and what variety passed over.")
        parts.rail(
            [cards.card(catalogue.item(item), at=at, note=reason) for item, reason in aside],
            key=ASIDE, label="Put aside", size="small", on_action=lambda: follow(ASIDE),
        )  # fmt: skip


def stages(trace: Trace) -> None:
    before = -1
    rows = []
    for stage in trace.stages:
        if stage.stage in text.STAGE_NAMES and (stage.kept != before or stage.stage == "deduplicate"):
            before = stage.kept
            rows.append(f"<li><b>{text.count(stage.kept)}</b>{text.markup(text.STAGE_NAMES[stage.stage])}</li>")
    st.html(f'<ol class="stages" aria-label="How many products each stage left">{"".join(rows)}</ol>')


def carried(listing: Listing) -> None:
    """Which signals carry the list, place by place."""
    with st.expander("What carries this list", key="carried", on_change="rerun", type="compact") as fold:
        if fold.open:
            st.plotly_chart(
                charts.carried_by(listing), key="carried:chart", config={"displayModeBar": False},
                alt="For each place, what every signal adds to the score or takes from it",
            )  # fmt: skip
            states.said("Each bar is one place; its parts are what “Why” shows on the card.")


def set_aside(trace: Trace, asked: Request) -> list[tuple[str, str]]:
    """What stood high enough but is not in the list, as (item, reason): twins first, then what variety passed over."""
    shown = trace.listing.ids
    found = []
    for stage in trace.stages:
        if stage.stage == "deduplicate":
            twins = (
                (item, reason) for item, reason in stage.dropped.items() if any(f"({id})" in reason for id in shown)
            )
            found += [(item, f"{reason[:1].upper()}{reason[1:]}.") for item, reason in islice(twins, 8)]
    strategy = asked.strategy or engine.shop().strategy(at=engine.at(), anchor=asked.anchor)
    if strategy.lam < 1:
        alone = engine.shop().recommend(asked.changed(strategy=strategy.changed(lam=1.0)), draft=at_work.documents())
        found += [
            (one.id, f"Place {one.rank} by score alone; variety put others first.")
            for one in alone.items
            if one.id not in shown
        ]
    return found[:16]


# -- the sheet -----------------------------------------------------------------------------------------------------


def anchors(scope: str, number: int) -> list[str]:
    """Which lists a sheet shows: of a category, the thin ones, or a walk through the whole shop in even steps."""
    if scope == THIN:
        return list(engine.shop().glance(engine.at()).thin or ())[:number]
    return engine.spread(scope, number)


@st.fragment
@states.guarded
def sheet() -> None:
    """Many lists under one another, with the same weights; a moved slider redraws them all."""
    frame.anew()
    me, shop = session.current(), engine.shop()
    catalogue = shop.catalogue(engine.at())
    left, right = st.columns([1, 3.1], gap="large")
    with left, st.container(key="controls"):
        controls.panel()
        filters()
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            names = {"": "The whole shop", THIN: "Thin lists", **{root: root for root in engine.roots()}}
            if me.scope not in names:
                session.commit(scope="")
            st.selectbox("Lists of", list(names), format_func=names.get, width=240, **session.bound("scope"))
            st.selectbox("How many", LISTS, format_func=lambda n: f"{n} lists", width=130, **session.bound("lists"))
        me = session.current()
        chosen = anchors(me.scope, me.lists)
        if not controls.weighed():
            states.empty(*NOTHING_WEIGHED)
        elif not chosen:
            states.empty(
                "No list here",
                "No list is thin today." if me.scope == THIN else "Nothing of this kind is on sale.",
            )
        else:
            lists = list(shop.recommend_all(request(None), chosen, draft=shaping.standing()))
            parts.sheet(
                [row(one, catalogue) for one in lists], key=SHEET, label="Lists", on_action=lambda: follow(SHEET)
            )
            drafted = shaping.standing() is not None
            leaving = set(shop.to_export([str(one.anchor) for one in lists], engine.at())[0])
            taking.take_along(
                lambda: reports.sheet_report(
                    taking.head(draft=drafted), [one for one in lists if one.anchor in leaving]
                ),
                key="sheet",
            )
    st.checkbox("Weights and filters", key="drawer")


def row(listing: Listing, catalogue: Catalogue) -> dict:
    """One list of the sheet, with a remark on what to look at."""
    at, places = engine.moment(), session.current().places
    anchor = catalogue.item(listing.anchor)
    items = [catalogue.item(placed.id) for placed in listing.items]
    small = ("id", "href", "title", "price", "image", "alt", "initial")

    def slim(item: Item, opens: str) -> dict:
        card = cards.card(item, at=at, opens=opens, tools=())
        return {name: card[name] for name in small} | {"brand": card["brand"]}

    houses = len({item.brand for item in items if item.brand})
    same = sum(item.type is not None and item.type == anchor.type for item in items)
    thin = len(items) < min(places, 10)
    remark = f"Only {text.count(len(items))} of {places}. " if thin else ""
    if items:
        remark += text.count(houses, "house") if houses else ""
        if anchor.type:
            remark += f"{', ' if houses else ''}{same} of the same kind"
    return {
        "anchor": slim(anchor, cards.LIST),
        "items": [slim(item, cards.PRODUCT) for item in items],
        "remark": remark or "Nothing may be shown beside it.",
        "warn": thin,
    }


# -- the page ------------------------------------------------------------------------------------------------------


def take_address() -> None:
    asked = st.query_params
    if "mode" in asked:
        scope = asked.get("scope", "")
        session.commit(mode=MODES[1] if asked["mode"] == "sheet" else MODES[0], scope=scope[:100])
        del asked["mode"]
        if "scope" in asked:
            del asked["scope"]


def switch() -> None:
    st.segmented_control("Show", MODES, label_visibility="collapsed", required=True, **session.bound("mode"))


def who_is_shown(item: Item) -> None:
    """The product whose list this is, and the ways to another."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="anchor"):
        picture = cards.picture_url(item)
        initial = text.markup((text.house(item) or text.title(item))[:1].upper())
        shot = f'<img src="{picture}" alt="">' if picture else f'<span aria-hidden="true">{initial}</span>'
        price, state = text.money(item.price, item.currency), text.STATE_NAMES[item.state(engine.moment())]
        facts = " · ".join(one for one in (price, state) if one)
        st.html(
            f'<div class="anchor"><div class="portrait">{shot}</div><div><p class="over">'
            f'{text.markup(text.house(item))}</p><p class="anchor-title">{text.markup(text.title(item))}</p>'
            f'<p class="aside">{text.markup(facts)}</p></div></div>',
            width="content",
        )
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            finder.finder("like", choose, opens=cards.LIST)
            st.page_link("product.py", label="Open the product", query_params={"item": item.id})


frame.go()
take_address()
frame.heading(
    "You May Also Like",
    "What stands beside a product, and why. Move a weight and watch the list: only you see what you try.",
    guide=(
        "Weights are shares: only their proportion counts. Diversity 0 shows the closest, more is more varied.",
        "“Why” on a card shows what each signal adds to its score; the parts add up to the score shown.",
        "The question mark on a card, or “Name any product”, tells why it stands there or not, and what it would take.",
        "Small arrows beside a place say how far variety moved a product; “For variety” marks one lifted far.",
        "A sheet shows 10 to 50 lists under one another with the same weights, to see what else would move.",
        "Trying means only you see it. Keep as draft saves it under your name; Make live changes every list at once.",
    ),
    beside=switch,
)
if session.current().mode == MODES[1]:
    sheet()
elif anchor := engine.chosen() or engine.presentable():
    item = engine.shop().item(anchor, engine.at())
    session.commit(item=item.id)
    who_is_shown(item)
    one_product(item)
else:
    states.empty_shop()
if session.current().mode == MODES[1]:
    frame.next_step(
        "Seen a list that needs a hand? Click its first picture to open it.",
        ("Catalogue", "catalogue.py", None),
        ("Today", "today.py", None),
    )
else:
    frame.next_step(
        "Happy with this list? See what the same weights do to the others.",
        ("Skim a sheet", "you_may_also_like.py", {"mode": "sheet"}),
        ("Tuning", "tuning.py", None),
        ("Catalogue", "catalogue.py", None),
    )
