"""The map explored: which space is shown and in which colours, what is looked for, who is near whom, what is chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from core.domain.arrays import Rows, Scores
from core.domain.errors import ModelMissing, NotReady, ShopError
from core.domain.query import Filters
from core.explore.maps import CatalogueMap
from core.explore.neighbours import Neighbour
from core.explore.project import METHODS, PACMAP, PCA, Spot
from core.explore.spaces import BEHAVIOUR, BLENDED, Space
from core.shop import Shop
from pages.kit import (
    atlas,
    cards,
    colouring,
    engine,
    finder,
    frame,
    held,
    parts,
    selection,
    session,
    states,
    text,
    underway,
)  # fmt: skip
from pages.kit.atlas import PAGE, Sheet
from pages.kit.colouring import Colouring

PART, NEAREST, SAID = "map:atlas", "map:nearest", "map:said"
BLEND, OWN = "blend", "own"
SPACE_NAMES = {
    BLEND: "The shop's blend", "text": "Words", "image": "Picture", "attributes": "Details", BEHAVIOUR: "Behaviour",
    OWN: "A blend of your own",
}  # fmt: skip
METHOD_NAMES = {PACMAP: "Neighbourhoods", PCA: "Main directions"}
NEAR, LIT = 10, 60
SCATTERED = 0.12  # of the map's width between the nearest of a query: they do not lie together
Near = tuple[str, tuple[Neighbour, ...]]  # a product, and who is truly near it
PHOTOS = ("jpg", "jpeg", "png", "webp")
PHOTO_MB = 20


def panel(shop: Shop) -> None:
    """The map with all that belongs to it."""
    known = _spaces(shop)
    if not known:
        states.empty(
            "There is no map yet", "No signal tells the products of this shop apart: bring in words or pictures."
        )
        return
    _settle(shop, known)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="map-controls"):
        _space(known)
        _colours(shop)
        _method()
        _search()
        _photo()
        finder.finder(PAGE, _find, opens=cards.PRODUCT, label="Find a product", key="map-finder", lazy=True)
    space, method, by = _asked(known)
    drawn = _map(shop, space, method)
    if drawn is None or (by == colouring.EXPOSURE and atlas.exposure(shop) is None):
        return
    catalogue = shop.catalogue(engine.at())
    of, colours = _sheet(shop, drawn), _coloured(shop, drawn, by)
    if not len(of.rows):
        states.empty("Nothing is on this map", "No product has what this map shows. Choose another one above.")
        return
    near = _near(shop, drawn)
    lit, spots = _sought(shop, drawn)
    chosen = catalogue.rows(atlas.chosen())
    for sentence, tone in st.session_state.pop(SAID, ()):
        states.said(sentence, tone)
    parts.atlas(
        of.plain,
        atlas.figure(
            of, colours, by, colouring.choices(catalogue)[by], chosen=chosen, lit=lit, focus=_focus(shop, near),
            spots=spots, fly=_fly(shop, of, chosen, near), say=_aloud(shop, chosen, near),
        ),
        key=PART, label=_label(drawn, space), on_action=act,
    )  # fmt: skip
    worth(drawn, len(catalogue))
    if near is not None:
        nearest(shop, near)
    _selection(shop)


def say(sentence: str, tone: str = "") -> None:
    """A remark above the map, once."""
    st.session_state[SAID] = [*st.session_state.get(SAID, ()), (sentence, tone)]


# -- which map ---------------------------------------------------------------------------------------------------------


def _spaces(shop: Shop) -> dict[str, Space]:
    return {space.name: space for space in shop.atlas.spaces(engine.at())}


def _names(known: Mapping[str, Space]) -> list[str]:
    """What can be shown: the shop's blend, one signal, or a blend of one's own."""
    names = [name for name in SPACE_NAMES if name in known]
    return [*names, OWN] if sum(name in known for name in BLENDED) > 1 else names


def _settle(shop: Shop, known: Mapping[str, Space]) -> None:
    """What is asked for and is not there becomes what is shown first."""
    allowed = {
        "space": _names(known), "method": list(METHODS), "by": list(colouring.choices(shop.catalogue(engine.at()))),
    }  # fmt: skip
    now = held.of(PAGE)
    held.put(PAGE, **{name: now[name] if now.get(name) in few else few[0] for name, few in allowed.items()})


def _asked(known: Mapping[str, Space]) -> tuple[Space, str, str]:
    """The space, the method and the colours that are shown."""
    now = held.of(PAGE)
    space = known.get(str(now["space"]))
    if space is None:
        space = Space({name: float(weight) for name, weight in _own(known).items() if weight > 0})
    return space, str(now["method"]), str(now["by"])


def _own(known: Mapping[str, Space]) -> dict[str, int]:
    """The weights of a blend of one's own."""
    blended = [name for name in BLENDED if name in known]
    kept = {name: int(weight) for name, weight in (held.of(PAGE).get("own") or {}).items() if name in blended}
    return kept if any(kept.values()) else dict.fromkeys(blended, 100)


def _space(known: Mapping[str, Space]) -> None:
    st.selectbox(
        "Near means alike in", _names(known), format_func=SPACE_NAMES.get, width=190, **held.bound(PAGE, "space")
    )
    if held.of(PAGE)["space"] != OWN:
        return
    with st.popover("Weights", key="map-weights"), st.form("map-blend", border=False):
        given = {
            name: st.slider(SPACE_NAMES[name], 0, 100, weight, key=f"map:w:{name}")
            for name, weight in _own(known).items()
        }
        if st.form_submit_button("Draw this map", type="primary") and any(given.values()):
            held.put(PAGE, own=given)
            st.rerun(scope="fragment")


def _method() -> None:
    st.selectbox(
        "Drawn by", METHODS, format_func=METHOD_NAMES.get, width=170, **held.bound(PAGE, "method"),
        help="Neighbourhoods keeps together who is near (PaCMAP). Main directions is a straight shadow (PCA): far is "
        "truly far, near may be by chance.",
    )  # fmt: skip


def _colours(shop: Shop) -> None:
    names = colouring.choices(shop.catalogue(engine.at()))
    st.selectbox("Coloured by", list(names), format_func=names.get, width=180, **held.bound(PAGE, "by"))


def _map(shop: Shop, space: Space, method: str) -> CatalogueMap | None:
    """The map as it is kept; where it is not, it is drawn beside the page, which shows how far that is."""
    at = engine.at()
    found = shop.atlas.map(space, method=method, kept_only=True, at=at)
    if found is not None:
        return found
    work = underway.watched(
        shop, f"map:{shop.snapshot.id}:{space.key}:{method}", "Drawing the map",
        lambda watch: shop.atlas.map(space, method=method, watch=watch, at=at),
        f"By {space.label}. It is drawn once for each edition, and kept.",
    )  # fmt: skip
    return work.found if work is not None else None


def _sheet(shop: Shop, drawn: CatalogueMap) -> Sheet:
    at = engine.at()
    return atlas.sheet(drawn, shop.catalogue(at), shop.view(at).versions.facts)


def _coloured(shop: Shop, drawn: CatalogueMap, by: str) -> Colouring:
    at = engine.moment().replace(minute=0, second=0, microsecond=0)
    versions = shop.view(engine.at()).versions
    mark = repr((drawn.key, by, at, versions if by == colouring.EXPOSURE else versions.facts))
    return _colouring(mark, shop, drawn, by)


@st.cache_resource(max_entries=24, show_spinner=False)
def _colouring(mark: str, _shop: Shop, _drawn: CatalogueMap, by: str) -> Colouring:
    def shares() -> Scores:
        found = atlas.exposure(_shop)
        if found is None:
            raise NotReady
        return found

    return colouring.coloured(by, _shop.catalogue(engine.at()), _drawn, engine.moment(), shares)


def worth(drawn: CatalogueMap, whole: int) -> None:
    """How far the map can be believed, in words."""
    of = drawn.fidelity
    there = int(drawn.there.sum())
    said = [
        f"Trustworthiness {100 * of.trustworthiness:.1f}{text.NBSP}%: who stands side by side here mostly belongs "
        f"together. Of ten true neighbours {10 * of.preservation:.1f} are among the ten nearest on the map."
    ]
    if there < whole:
        said.append(f"{text.count(whole - there, 'product')} are not on it: nothing is known of what it shows.")
    if drawn.moved is not None:
        said.append(
            f"Since the last map half of all moved by less than {100 * drawn.moved:.1f}{text.NBSP}% of its width."
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="map-worth"):
        st.html(f'<p class="aside">{text.markup(" ".join(said))}</p>', width="stretch")
        with st.popover("How true is it?", type="tertiary", key="map-truth"), st.container(width=340):
            st.markdown(
                f"{text.plain(of.note)}\n\nTrustworthiness falls where strangers stand side by side. A flat picture of "
                "many dimensions always loses something: click a product, and dashed lines lead to the neighbours that "
                "the map hides. Colour by *Neighbours kept* to see where it can be believed.\n\nCrowded "
                "groups are drawn larger than they are, so that products do not cover one another; the figures are "
                "those of the map as it is drawn here."
            )


def _label(drawn: CatalogueMap, space: Space) -> str:
    return (
        f"Map of {text.count(int(drawn.there.sum()), 'product')} by {space.label}. Arrow keys move it, plus and minus "
        "come closer, Enter opens the product nearest to the middle, Escape lets the selection go."
    )


# -- what is looked for ------------------------------------------------------------------------------------------------


def _search() -> None:
    st.text_input(
        "Words on the map", placeholder="Something red for a summer wedding", icon=":material/search:", type="search",
        max_chars=200, width=250, **held.bound(PAGE, "words", ""),
    )  # fmt: skip


def _photo() -> None:
    """A photo to be placed on the map."""
    there = "map:shot" in st.session_state
    fold = st.popover(
        "Your photo" if there else "Place a photo", icon=":material/photo_camera:", key="map-photo", on_change="rerun"
    )
    if fold.open:
        with fold, st.container(width=340):
            turn = st.session_state.get("map:turn", 0)
            dropped = st.file_uploader("Photo", type=list(PHOTOS), key=f"map:photo:{turn}", max_upload_size=PHOTO_MB)
            if dropped is not None:
                st.session_state["map:shot"] = bytes(dropped.getbuffer())
            if "map:shot" in st.session_state:
                st.button("Take the photo away", key="map-photo-away", icon=":material/close:", on_click=_no_photo)


def _no_photo() -> None:
    st.session_state.pop("map:shot", None)
    st.session_state["map:turn"] = st.session_state.get("map:turn", 0) + 1


def _sought(shop: Shop, drawn: CatalogueMap) -> tuple[Rows | None, list[tuple[str, Spot]]]:
    """Rows that answer to the words, and where words and photo belong."""
    words = str(held.of(PAGE).get("words", "")).strip()
    lit: Rows | None = None
    spots: list[tuple[str, Spot]] = []
    if words:
        found = engine.shelf(Filters(), words=words, size=LIT)
        lit = np.asarray(found.rows[:LIT], dtype=np.int64)
        if not len(lit):
            say(f"Nothing in the shop answers to “{words}”.")
        try:
            spot = _placed(shop, drawn, words, None)
            spots.append((words if len(words) <= 32 else f"{words[:31]}…", spot))
            say(_told(f"“{words}”", spot, len(lit)))
        except NotReady as error:
            say(error.message)
            frame.again(lambda: _warm(shop))
        except ShopError as error:
            say(error.message, "warn")
    shot = st.session_state.get("map:shot")
    if shot:
        try:
            spot = _placed(shop, drawn, "", shot)
            spots.append(("Your photo", spot))
            say(_told("Your photo", spot, 0))
        except ShopError as error:
            say(error.message, "warn")
            if not isinstance(error, NotReady | ModelMissing):
                _no_photo()  # or it would be opened again with every click, in a process that it may bring down
    return lit, spots


def _warm(shop: Shop) -> bool:
    seen = shop.words("words")
    return seen.text is not None or seen.image is not None


def _placed(shop: Shop, drawn: CatalogueMap, words: str, shot: bytes | None) -> Spot:
    """Where words or a photo belong; asked once as long as neither they nor the map change."""
    mark = (drawn.key, words, hashlib.sha256(shot).hexdigest() if shot else "")
    kept = dict(st.session_state.get("map:spots", ()))
    if mark not in kept:
        at = engine.at()
        spot = shop.atlas.place_photo(drawn, shot, at) if shot else shop.atlas.place_words(drawn, words, at)
        kept = dict([*kept.items(), (mark, (spot.x, spot.y, spot.apart, spot.near))][-8:])
        st.session_state["map:spots"] = kept
    return Spot(*kept[mark])


def _told(what: str, spot: Spot, lit: int) -> str:
    shown = f" The {text.count(lit)} that answer best stand out." if lit else ""
    if spot.apart > SCATTERED:
        return f"{what} has no one place here: the products closest to it lie apart, and lines lead to them.{shown}"
    return f"{what} stands among the products closest to it.{shown}"


# -- what was clicked --------------------------------------------------------------------------------------------------


def act() -> None:
    """What the browser sent of the map, checked."""
    sent, shop = parts.event(PART), engine.shop()
    kind = sent.get("type")
    if kind == "leave":
        held.put(PAGE, item="")
    elif kind == "clear":
        held.put(PAGE, item="")
        atlas.choose(())
    elif kind in ("point", "draw", "shown"):
        space, method, by = _asked(_spaces(shop))
        drawn = shop.atlas.map(space, method=method, kept_only=True, at=engine.at())
        if drawn is None:
            return
        of = _sheet(shop, drawn)
        if kind == "point" and _is_row(of, sent.get("row")):
            _open(shop.catalogue(engine.at()).ids[int(sent["row"])])
        elif kind != "point":
            _take(of, _coloured(shop, drawn, by), sent)


def _is_row(of: Sheet, row: Any) -> bool:
    return isinstance(row, int) and not isinstance(row, bool) and bool((of.rows == row).any())


def _take(of: Sheet, colours: Colouring, sent: Mapping[str, Any]) -> None:
    """Choose what was drawn around, or all that the legend shows."""
    off = atlas.hidden(sent.get("hidden"), len(colours.entries))
    within = ~np.isin(colours.codes[of.rows], off)
    if sent["type"] == "draw":
        line = atlas.polygon(sent.get("polygon"))
        if line is None:
            return
        within &= of.within(line)
    ids = engine.shop().catalogue(engine.at()).ids
    found = [ids[row] for row in atlas.outwards(of, np.flatnonzero(within)).tolist()]
    if not found:
        return
    before = atlas.chosen() if sent.get("more") is True else ()
    shown = [one.name for code, one in enumerate(colours.entries) if code not in off]
    why = atlas.DRAWN if sent["type"] == "draw" else f"What the legend shows: {text.listed(shown[:4])}"
    atlas.choose([*before, *found], why)


def _open(item: str) -> None:
    held.put(PAGE, item=item, flown=item)
    session.commit(item=item)


def _find(item: str) -> None:
    """A product found by name: the map goes there."""
    held.put(PAGE, item=item, flown="")
    session.commit(item=item)


def _item(shop: Shop) -> str:
    """The product whose neighbours are shown; the one that travels between pages, until it is let go here."""
    mine, travelling = held.of(PAGE), session.current().item or ""
    if mine.get("seen") != travelling:
        held.put(PAGE, seen=travelling, item=travelling)
    item = str(held.of(PAGE).get("item") or "")
    return item if item in shop.catalogue(engine.at()) else ""


# -- who is near -------------------------------------------------------------------------------------------------------


def _near(shop: Shop, drawn: CatalogueMap) -> Near | None:
    item = _item(shop)
    if not item:
        return None
    if not drawn.there[shop.catalogue(engine.at()).row(item)]:
        title = shop.catalogue(engine.at()).title(item)
        note = f"{title or item} is not on this map: nothing is known of it that the map shows."
        say(note)
        return None
    return item, shop.atlas.neighbours(drawn, item, NEAR, engine.at())


def _focus(shop: Shop, near: Near | None) -> dict[str, Any] | None:
    if near is None:
        return None
    row = shop.catalogue(engine.at()).row(near[0])
    return {"row": row, "near": [{"row": one.row, "hidden": one.hidden} for one in near[1]]}


def _fly(shop: Shop, of: Sheet, chosen: Rows, near: Near | None) -> tuple[str, Rows] | None:
    """Where the map goes by itself: to what was chosen elsewhere, or to a product that was not clicked here."""
    if near is not None and held.of(PAGE).get("flown") != near[0]:
        rows = [shop.catalogue(engine.at()).row(near[0]), *(one.row for one in near[1] if not one.hidden)]
        return f"{of.mark}:{near[0]}", np.array(rows, dtype=np.int64)
    why = atlas.why()
    if len(chosen) and why != atlas.DRAWN and not why.startswith("What the legend"):
        return f"{of.mark}:{why}:{hash(chosen.tobytes())}", chosen
    return None


def _aloud(shop: Shop, chosen: Rows, near: Near | None) -> str:
    said = []
    if near is not None:
        catalogue = shop.catalogue(engine.at())
        nearest_ = [catalogue.title(catalogue.ids[one.row]) for one in near[1][:3]]
        said.append(f"Nearest to {catalogue.title(near[0])}: {text.listed(nearest_)}.")
    if len(chosen):
        said.append(f"{text.count(len(chosen), 'product')} chosen.")
    return " ".join(said)


def nearest(shop: Shop, near: Near) -> None:
    """The true neighbours of a product, and which of them the map does not show near it."""
    item, found = near
    catalogue, at = shop.catalogue(engine.at()), engine.moment()
    hidden = sum(one.hidden for one in found)
    with st.container(key="map-nearest"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
            st.header(text.plain(f"Truly nearest to {text.title(catalogue.item(item))}"), anchor=False, width="content")
            with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center"):
                st.page_link("product.py", label="Product", query_params={"item": item})
                st.page_link("you_may_also_like.py", label="You May Also Like", query_params={"item": item})
                st.button("Let go", key="map-let-go", type="tertiary", icon=":material/close:", on_click=_let_go)
        if not found:
            states.said("Nothing can be compared with it.")
            return
        told = f"{hidden} of {len(found)} are hidden by the map" if hidden else "The map shows them all near it"
        states.said(f"{told}. Their order is that of the full arithmetic, before any rule.")
        made = []
        for place, one in enumerate(found, 1):
            badges = [("accent", "Hidden by the map")] if one.hidden else []
            note = text.closeness(one.percentile) if one.percentile is not None else ""
            made.append(cards.card(catalogue.at_row(one.row), at=at, place=place, badges=badges, note=note))
        parts.rail(made, key=NEAREST, label="Truly nearest", size="small", on_action=_follow)


def _let_go() -> None:
    held.put(PAGE, item="")


def _follow() -> None:
    sent = parts.event(NEAREST)
    if sent.get("id") in engine.shop().catalogue(engine.at()):
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


# -- what is chosen ----------------------------------------------------------------------------------------------------


def _selection(shop: Shop) -> None:
    ids = atlas.chosen()
    if not ids:
        states.said(
            "Click a product to see who is truly near it. Draw around products with the lasso or the frame, or switch "
            "lines of the legend off and choose what is left."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
        chosen = text.count(len(ids), "product")
        st.header(text.plain(f"{chosen} chosen"), anchor=False, width="content")
        with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center"):
            if why := atlas.why():
                st.html(f'<p class="aside">{text.markup(why)}</p>', width="content")
            st.button("Let go", key="map-none", type="tertiary", icon=":material/close:", on_click=_choose_none)
    selection.panel(shop, ids)


def _choose_none() -> None:
    atlas.choose(())
