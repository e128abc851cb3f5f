"""A selection of products: what it consists of, each of them, who sees them, and what sets them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.domain.arrays import Scores
from core.domain.catalogue import State
from core.domain.collections import Collection
from core.explore.selection import Difference, Selection, Told
from core.shop import Shop
from pages.kit import atlas, cards, deeds, engine, frame, held, keeping, parts, shaping, states, text

STORE, GRID = "selection", "selection:grid"
AT_ONCE = 28
FIELDS = ("category", "brand", "colour", "audience")
VALUES = 5  # of a field that are shown
HOUSES, STARS = 8, 8  # of an audit: houses in its table, products of its ends
REST, HELD = "rest", "held"
AUDIT, COMPARE = "selection:audit", "selection:compare"


def panel(shop: Shop, ids: Sequence[str]) -> None:
    """Everything about the products in `ids`, in their order; a hint where there are none."""
    known = shop.catalogue(engine.at())
    here = [item for item in dict.fromkeys(ids) if item in known]
    if not here:
        states.said("Nothing is chosen yet.")
        return
    with st.container(key="selection-deeds", horizontal=True, vertical_alignment="center", gap="small"):
        deeds.row(shop, here, "selection", on_map=True)
    frame.once(keeping.SAID)
    shaping.said()
    about(shop, here)


def about(shop: Shop, ids: Sequence[str], *, of: Collection | None = None) -> None:
    """What `ids` consist of at the left; at the right each of them, and beneath what can be asked of them.

    of: the collection that they are; each can be taken out of it.
    """
    found = shop.atlas.statistics(ids, engine.moment())
    left, right = st.columns([1, 2.7], gap="large")
    with left, st.container(key="selection-figures"):
        figures(found)
        make_up(found)
    with right:
        grid(shop, ids, of)
        audit(shop, ids)
        apart(shop, ids, of)


# -- what they are -------------------------------------------------------------------------------------------------


def figures(found: Selection) -> None:
    """The selection in figures."""
    least, _, median, _, most = found.price
    told = [("Products", text.count(len(found)))]
    if math.isfinite(median):
        told.append(("Middle price", money(median)))
        if least < most:
            told.append(("From, to", f"{money(least)} – {money(most)}"))
    told.append(("On sale", text.count(found.states.get(State.LIVE, 0))))
    told += [(text.STATE_NAMES.get(State(state), state), text.count(n)) for state, n in found.states.items()
             if n and state != State.LIVE]  # fmt: skip
    for name, value in (("Margin", found.margin), ("In stock", found.in_stock)):
        if math.isfinite(value):
            told.append((name, text.per_cent(value)))
    if math.isfinite(found.pieces):
        told.append(("Pieces left", text.count(round(found.pieces))))
    if math.isfinite(found.age_days):
        told.append(("In the shop for", text.count(round(found.age_days), "day")))
    if found.with_picture < 1:
        told.append(("With a picture", text.per_cent(found.with_picture)))
    cells = "".join(f"<div><dt>{text.markup(name)}</dt><dd>{text.markup(value)}</dd></div>" for name, value in told)
    st.html(f'<dl class="facts chosen-facts" aria-label="What is chosen, in figures">{cells}</dl>')


def money(minor: float) -> str:
    return text.money(round(minor), engine.currency()) if math.isfinite(minor) else "unknown"


def make_up(found: Selection) -> None:
    """What the products are, field by field, as short bars."""
    made = []
    for field in FIELDS:
        values = list(found.fields.get(field, {}).items())[:VALUES]
        if values:
            lines = "".join(
                f"<li><b>{text.markup(text.value_name(field, value))}</b><span>{text.count(n)}</span>"
                f'<i style="width:{100 * n / len(found):.1f}%"></i></li>'
                for value, n in values
            )
            made.append(f"<div><p class='by'>{text.markup(text.field_name(field))}</p><ul>{lines}</ul></div>")
    st.html(f'<div class="make-up">{"".join(made)}</div>')


# -- each of them --------------------------------------------------------------------------------------------------


def grid(shop: Shop, ids: Sequence[str], of: Collection | None = None) -> None:
    """The products as a shop front, a page at a time."""
    mark = (len(ids), ids[0], ids[-1]) if ids else ()
    if held.of(STORE).get("mark") != mark:
        held.put(STORE, mark=mark, page=0)
    pages = max(1, -(-len(ids) // AT_ONCE))
    page = min(int(held.of(STORE).get("page", 0)), pages - 1)
    catalogue, at = shop.catalogue(engine.at()), engine.moment()
    away = ({"act": "remove", "label": "Take out of the collection", "icon": "remove"},) if of is not None else ()
    parts.rail(
        [
            shaping.in_the_shop(cards.card(catalogue.item(item), at=at, tools=(cards.TO_LIST, *away)))
            for item in ids[page * AT_ONCE : (page + 1) * AT_ONCE]
        ],
        key=GRID, label="Chosen products", layout="grid", size="small", page=page,
        on_action=lambda: _follow(of.id if of is not None else ""),
    )  # fmt: skip
    if pages > 1:
        with st.container(
            horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="selection-pager"
        ):
            st.button("Back", key="selection:back", disabled=page == 0, on_click=_turn, args=(page - 1,))
            st.html(f'<p class="aside">Page {text.count(page + 1)} of {text.count(pages)}</p>', width="content")
            st.button("Further", key="selection:on", disabled=page >= pages - 1, on_click=_turn, args=(page + 1,))


def _follow(collection: str) -> None:
    sent = parts.event(GRID)
    if sent.get("type") != "remove":
        shaping.follow(GRID)
    elif collection and isinstance(sent.get("id"), str):
        keeping.doing(lambda: keeping.take_out(collection, [sent["id"]]))


def _turn(page: int) -> None:
    held.put(STORE, page=max(0, page))


# -- who sees them -------------------------------------------------------------------------------------------------


def audit(shop: Shop, ids: Sequence[str]) -> None:
    """How much of the shop's attention they get: their share of all places, first places counting most."""
    fold = st.expander("Who sees them", key=AUDIT, on_change="rerun", type="compact")
    if not fold.open:
        return
    with fold:
        shares = atlas.exposure(shop)
        if shares is not None:
            audited(shop, ids, shares)


def audited(shop: Shop, ids: Sequence[str], shares: Scores) -> None:
    view = shop.view(engine.at())
    rows, live = view.catalogue.rows(ids), view.live(engine.moment())
    got, alike = shop.atlas.statistics(ids, engine.moment(), shares).exposure or (0.0, 0.0)
    on_sale = rows[live[rows]]
    never = int((shares[on_sale] == 0).sum())
    told = [
        ("Share of all places", per_cent(got), "in You May Also Like; first places count most"),
        ("If all were shown alike", per_cent(alike), f"{text.count(len(on_sale))} of {text.count(int(live.sum()))}"),
        ("That is", f"{got / alike:.1f} times" if alike else "unknown", "their even share"),
        ("Never shown", text.count(never), "on sale, and in no list at all"),
    ]  # fmt: skip
    cells = "".join(
        f"<div><dt>{text.markup(name)}</dt><dd>{text.markup(value)}<small>{text.markup(aside)}</small></dd></div>"
        for name, value, aside in told
    )
    st.html(f'<dl class="figures" aria-label="Who sees them, in figures">{cells}</dl>')
    if len(on_sale) > 1:
        _by_house(shop, on_sale.tolist(), shares)
        order = on_sale[np.lexsort((on_sale, -shares[on_sale]))]
        _ends(shop, order.tolist(), shares, int(live.sum()))


def _by_house(shop: Shop, rows: Sequence[int], shares: Scores) -> None:
    """The houses among them: what part of their places each has, and what part of the products."""
    column = shop.catalogue(engine.at()).column("brand")
    places: dict[str, float] = {}
    products: dict[str, int] = {}
    for row in rows:
        house = (column[row] or "").strip() or "No house"
        places[house] = places.get(house, 0.0) + float(shares[row])
        products[house] = products.get(house, 0) + 1
    if len(products) < 2:
        return
    total = sum(places.values()) or 1.0
    lines = "".join(
        f"<tr><th scope='row'>{text.markup(house)}</th><td class='num'>{text.count(products[house])}</td>"
        f"<td class='num'>{per_cent(products[house] / len(rows))}</td><td class='num'>{per_cent(places[house] / total)}"
        f"</td><td><span class='lift' style='--share:{min(100, 100 * places[house] / total):.1f}%;"
        f"--even:{100 * products[house] / len(rows):.1f}%'></span></td></tr>"
        for house in sorted(products, key=lambda one: (-products[one], one))[:HOUSES]
    )
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="By house"><table class="plain-table lifts"><thead>'
        "<tr><th scope='col'>House</th><th scope='col' class='num'>Products</th><th scope='col' class='num'>Of these"
        "</th><th scope='col' class='num'>Of their places</th><th scope='col'>Bar: places; mark: products</th></tr>"
        f"</thead><tbody>{lines}</tbody></table></div>"
    )


def _ends(shop: Shop, order: Sequence[int], shares: Scores, live: int) -> None:
    """Those that are shown most, and least."""
    catalogue, at = shop.catalogue(engine.at()), engine.moment()
    few = min(STARS, len(order) // 2 or 1)
    for key, title, rows in (("most", "Shown most", order[:few]), ("least", "Shown least", order[::-1][:few])):
        st.html(f'<p class="by">{title}</p>')
        made = []
        for row in rows:
            card = cards.card(catalogue.at_row(row), at=at)
            times = float(shares[row]) * live
            card["note"] = f"{times:.1f} times its even share" if times else "In no list"
            made.append(card)
        key = f"selection:{key}"
        parts.rail(made, key=key, label=title, size="small", on_action=lambda key=key: shaping.follow(key))


# -- beside others -------------------------------------------------------------------------------------------------


def apart(shop: Shop, ids: Sequence[str], of: Collection | None = None) -> None:
    """What sets them apart from others: those held before, a collection, or the rest of the shop."""
    fold = st.expander("What sets them apart", key=COMPARE, on_change="rerun", type="compact")
    if not fold.open:
        return
    with fold:
        options = others(ids, of)
        key = "selection:against"
        fresh = HELD in options and held.of(STORE).get("fresh", False)
        if fresh or st.session_state.get(key) not in options:
            st.session_state[key] = next(iter(options))
            held.put(STORE, fresh=False)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="apart-controls"):
            st.selectbox("Compared with", list(options), format_func=options.__getitem__, key=key, width=320)
            st.button("Hold these for later", key="selection:hold", type="tertiary", icon=":material/push_pin:",
                      help="Then choose others, and compare the two", on_click=_hold,
                      args=(tuple(ids), of.name if of is not None else ""))  # fmt: skip
        against = _against(shop, ids, str(st.session_state[key]))
        if not against:
            states.said("Nothing is left to compare with.")
            return
        name = options[str(st.session_state[key])]
        difference(shop.atlas.compare(ids, against, engine.at()), name)


def others(ids: Sequence[str], of: Collection | None) -> dict[str, str]:
    """What they can be compared with, by name; what was held stands first."""
    kept = held.of(STORE)
    mine = tuple(kept.get("a", ()))
    found = {}
    if mine and set(mine) != set(ids):
        found[HELD] = kept.get("a_name") or f"The {text.count(len(mine), 'product')} held"
    found[REST] = "The rest of the shop"
    for id, one in keeping.known().items():
        if one.items and (of is None or id != of.id):
            found[f"collection:{id}"] = f"“{one.name}”"
    return found


def _against(shop: Shop, ids: Sequence[str], choice: str) -> list[str]:
    catalogue = shop.catalogue(engine.at())
    if choice == REST:
        mine = set(ids)
        return [item for item in catalogue.ids if item not in mine]
    items: Sequence[str] = held.of(STORE).get("a", ())
    if choice != HELD:
        found = keeping.known().get(choice.removeprefix("collection:"))
        items = found.items if found is not None else ()
    return [item for item in items if item in catalogue]


def _hold(ids: tuple[str, ...], name: str) -> None:
    held.put(STORE, a=list(ids), a_name=f"“{name}”" if name else "", fresh=True)
    st.session_state[keeping.SAID] = (f"{text.count(len(ids), 'product')} held. Choose others, and compare.", "")


def difference(found: Difference, name: str) -> None:
    """What marks the one and what the other, the clearest first; in each line how many of either have it."""
    mine, theirs = found.price
    if math.isfinite(mine) and math.isfinite(theirs):
        states.said(f"Half of these cost more than {money(mine)}; of {_small(name)}, more than {money(theirs)}.")
    if found.both:
        states.said(f"{text.count(found.both, 'product')} in both, counted on both sides.")
    tables: Mapping[str, Sequence[Told]] = {"Words": found.words, **{
        text.field_name(field): told for field, told in found.fields.items()
    }}  # fmt: skip
    fields = {text.field_name(field): field for field in found.fields}
    made = []
    for title, told in tables.items():
        sides = ([one for one in told if one.z > 0][:VALUES], [one for one in told if one.z < 0][:VALUES])
        if not any(sides):
            continue
        lines = "".join(_told(one, fields.get(title, "")) for one in (*sides[0], *sides[1]))
        made.append(f"<div><p class='by'>{text.markup(title)}</p><ul>{lines}</ul></div>")
    if not made:
        states.said("Nothing sets the two apart for sure: they are alike in words, colours and all else, or few.")
        return
    st.html(
        '<p class="apart-key"><span class="mine">these</span><span class="theirs">'
        f'{text.markup(_small(name))}</span></p><div class="apart">{"".join(made)}</div>'
    )


def _told(one: Told, field: str) -> str:
    """One value, and how many of both sides have it, as two bars."""
    name = text.value_name(field, one.value) if field else one.value
    mine, theirs = one.shares
    said = f"{name}: {per_cent(mine)} of these, {per_cent(theirs)} of the others"
    return (
        f'<li class="{"more" if one.z > 0 else "less"}"><b>{text.markup(name)}</b>'
        f"<span>{per_cent(mine)} · {per_cent(theirs)}</span>"
        f'<em role="img" aria-label="{text.markup(said)}"><i style="width:{100 * mine:.1f}%"></i>'
        f'<u style="width:{100 * theirs:.1f}%"></u></em></li>'
    )


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def per_cent(share: float) -> str:
    """A share in per cent, with a decimal where it is small."""
    if not math.isfinite(share):
        return "unknown"
    return f"{100 * share:.0f}{text.NBSP}%" if share >= 0.1 or share == 0 else f"{100 * share:.1f}{text.NBSP}%"
