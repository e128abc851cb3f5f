"""White space: regions of the map where demand is high and products are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.domain.catalogue import Catalogue
from core.domain.progress import Progress, Watch
from core.explore.maps import CatalogueMap
from core.explore.white_space import Gap
from core.shop import Shop
from pages.kit import atlas, cards, engine, minimap, parts, states, text, underway

WORK = "white space"
FIRST, MOST = 5, 12  # regions shown at once, and found at all
WANTED = 10  # products of a region that are shown
NAMED = 3  # kinds, or words, that name one
MOST_OF, KINDS = 0.8, 6  # share of a region's products that its kinds in the catalogue make up, and how many kinds
FEW_SUPPLY = 0.0005  # share of all products below which it is said in words
ALL = "white:all"


def panel(shop: Shop) -> None:
    """The regions, the one that lacks most first: on the map at the left, each by itself at the right."""
    found = regions(shop)
    if found is None:
        return
    drawn, gaps, known = found
    if not gaps:
        states.empty(
            "No white space",
            "Where shoppers look, there is as much to find as elsewhere." if known else
            "No region is shown much more than its products are worth.",
            None,
        )  # fmt: skip
        _whose(known)
        return
    catalogue = shop.catalogue(engine.at())
    shown = gaps if st.session_state.get(ALL) else gaps[:FIRST]
    left, right = st.columns([1, 1.75], gap="large")
    with left, st.container(key="white-map"):
        rings = [minimap.ring(drawn, gap.rows, str(number)) for number, gap in enumerate(shown, 1)]
        says = f"The map of the catalogue with {text.count(len(shown), 'region')} that lack products."
        parts.minimap(minimap.drawing(drawn, says, rings=rings), key="white:where")
        _whose(known)
        st.button("Measure again", key="white:again", type="tertiary", icon=":material/refresh:", on_click=_again)
    with right, st.container(gap="medium"):
        for number, gap in enumerate(shown, 1):
            _region(catalogue, number, gap, known)
        if len(shown) < len(gaps):
            more = text.count(len(gaps) - len(shown), "more region")
            st.button(more[:1].upper() + more[1:], key="white:more", on_click=_all)


def regions(shop: Shop) -> tuple[CatalogueMap, tuple[Gap, ...], bool] | None:
    """The map, its gaps, and whether demand is known; None while they are found, which the page then shows."""
    at = engine.moment().replace(minute=0, second=0, microsecond=0)

    def work(watch: Watch) -> tuple[CatalogueMap, tuple[Gap, ...], bool]:
        drawn = shop.atlas.map(watch=watch)
        assert drawn is not None
        watch(Progress("Reading what shoppers did"))
        known = shop.atlas.knows_demand()
        told = "Making every list"
        demand = None if known else shop.atlas.exposure(at, lambda done, of: watch(Progress(told, done, of)))
        watch(Progress("Holding demand against products"))
        return drawn, shop.atlas.white_space(drawn, at, demand=demand, most=MOST), known

    mark = repr((shop.snapshot.id, engine.as_of()))
    done = underway.watched(shop, WORK, "Looking for white space", work, "It is found once, and then kept.", mark)
    return done.found if done is not None else None


def _whose(known: bool) -> None:
    """Whose demand it is: never more is claimed than is known."""
    if not known:
        said = (
            "No record of shoppers is at hand, so demand is taken to be how often lists show a product. "
            "Bring in events, and it is what shoppers did."
        )
    elif engine.simulated():
        said = "Demand is what shoppers looked at, saved and bought. Here they are simulated: the demo invents them."
    else:
        said = "Demand is what shoppers looked at, saved and bought."
    states.said(f"{said} Supply is what is on sale at the moment that is looked at.")


def name(gap: Gap, kinds: Sequence[str]) -> str:
    """A region by the kinds that make up most of it, else by the words that mark it."""
    said = text.listed(kinds[:NAMED]) if 0 < len(kinds) <= KINDS else text.listed(gap.terms[:NAMED])
    return f"{said[:1].upper()}{said[1:]}" if said else "A region without words"


def _region(catalogue: Catalogue, number: int, gap: Gap, known: bool) -> None:
    ids, types = [catalogue.ids[row] for row in gap.rows], kinds(catalogue, gap)
    named = name(gap, types)
    marked = f'<p class="aside">Marked by {text.markup(text.listed(gap.terms))}</p>' if gap.terms else ""
    with st.container(key=f"gap-{number}", gap="small"):
        st.html(
            f'<div class="gap"><p class="by">Region {number}</p><h2>{text.markup(named)}</h2>'
            f"<p>{text.markup(told(gap, known))}</p>{_held_against(gap, known)}{marked}</div>"
        )
        key, moment = f"white:{number}", engine.moment()
        parts.rail(
            [cards.card(catalogue.item(id), at=moment) for id in ids[:WANTED]],
            key=key, label=f"Most wanted in region {number}", size="small", on_action=lambda: _follow(key),
        )  # fmt: skip
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"gap-deeds-{number}"):
            st.button(
                "See it on the map", key=f"white:map:{number}", icon=":material/scatter_plot:", on_click=_on_the_map,
                args=(ids, f"White space: {named}"),
            )  # fmt: skip
            if types:
                st.page_link("catalogue.py", label="Its kinds in the catalogue", query_params={"type": types},
                             icon=":material/arrow_forward:", icon_position="right")  # fmt: skip
            st.page_link("new_arrivals.py", label="Rehearse what would fill it", query_params={"mode": "rehearsal"},
                         icon=":material/arrow_forward:", icon_position="right")  # fmt: skip


def told(gap: Gap, known: bool) -> str:
    """What is so about a region, as one says it."""
    whose = "of what shoppers want" if known else "of the places of all lists"
    products = text.count(len(gap.rows), "product")
    lacks = text.count(gap.missing, "more product")
    supply = "hardly any" if gap.supply < FEW_SUPPLY else _share(gap.supply)
    said = f"{_share(gap.demand)} {whose}, {supply} of what is on sale: {products}."
    return f"{said} With about {lacks} it would be as well served as the rest." if gap.missing > 0 else said


def _share(value: float) -> str:
    return f"{100 * value:.1f}{text.NBSP}%" if value < 0.0995 else text.per_cent(value)


def _held_against(gap: Gap, known: bool) -> str:
    """Demand and supply as two bars of one scale."""
    most = max(gap.demand, gap.supply)
    rows = (("Demand" if known else "Shown", gap.demand, "on"), ("On sale", gap.supply, ""))
    lines = "".join(
        f'<li class="{tone}"><b>{label}</b><span class="meter" aria-hidden="true">'
        f'<i style="width:{100 * value / most:.0f}%"></i></span><span>{_share(value)}</span></li>'
        for label, value, tone in rows
    )
    return f'<ul class="votes" aria-label="Demand and supply">{lines}</ul>'


def kinds(catalogue: Catalogue, gap: Gap) -> list[str]:
    """The kinds of products that make up most of a region, the most frequent first."""
    known = [kind for row in gap.rows if (kind := catalogue.at_row(row).type)]
    out, covered = [], 0
    for kind, count in Counter(known).most_common(KINDS):
        out.append(kind)
        covered += count
        if covered >= MOST_OF * len(known):
            break
    return out


def _on_the_map(ids: list[str], why: str) -> None:
    atlas.look_at(ids, why)
    st.session_state["kit:again"] = True  # the whole page is another


def _again() -> None:
    underway.forget(engine.shop(), WORK)


def _all() -> None:
    st.session_state[ALL] = True


def _follow(key: str) -> None:
    """A card was clicked: its product opens, or its list."""
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})
