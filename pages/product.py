"""Product: one product's facts, its list, where it is shown, and what was changed by hand."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.domain.catalogue import AUDIENCES, Item, State
from core.domain.errors import BadRequest, ShopError, UnknownItem
from core.domain.listing import Origin
from core.domain.looks import LookRequest
from core.domain.placements import Placement
from core.domain.query import Request
from core.embed.template import item_text
from core.store.studio import FactChange
from pages.kit import alternatives, cards, engine, frame, looks, parts, reviews, session, shaping, states, text

LIST, LOOK, SHOWN_IN = "product:list", "product:look", "product:shown"
FACTS = (
    "type", "audience", "colour", "material", "pattern", "occasion", "season", "collection", "brand_tier",
    "release_at", "embargo_until", "retired_at", "cost", "family_id",
)  # fmt: skip
CORRECTABLE = (
    "price", "former_price", "brand", "type", "audience", "colour", "material", "pattern", "occasion", "season",
    "collection",
)  # fmt: skip
LISTS = ("colour", "material", "occasion", "season")

session.require()


def follow(key: str, item: Item | None = None, placement: Placement = Placement.SIMILAR) -> None:
    """A card was clicked: it opens; or it was shaped, and the draft takes that."""
    sent = parts.event(key)
    if item is not None and shaping.act(item, sent, placement):
        return
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


def change(item: Item, changes: dict[str, Any], why: str) -> None:
    """Set facts by hand, under the name of who is there; what went wrong is said on the page."""
    try:
        engine.shop().change_facts(item.id, changes, who=engine.who(), why=why)
    except ShopError as error:
        st.session_state["product:said"] = (error.message, "warn")
    else:
        st.session_state["product:said"] = ("Done. It is live, and stands in the history below.", "")


def reason(key: str, otherwise: str) -> str:
    """What was typed as the reason of a change, else what was done."""
    return " ".join(str(st.session_state.get(key) or "").split())[:200] or otherwise


def mark_sold_out(item: Item) -> None:
    why = reason(f"sold_out:why:{item.id}", "Marked as sold out")
    change(item, {"stock": dict.fromkeys(item.stock or {"": 0}, 0)}, why)


def restock(item: Item, sizes: list[str]) -> None:
    """The pieces that were typed become the stock."""
    stock = {size: int(st.session_state.get(f"stock:{item.id}:{size}") or 0) for size in sizes}
    done = "Stock changed" if item.pieces and sum(stock.values()) else "Restocked"
    change(item, {"stock": stock}, reason("restock:why", done if sum(stock.values()) else "Marked as sold out"))


def typed(field: str, words: str, item: Item) -> Any:
    """What was typed, as the value of a field. Raises BadRequest when it is not one."""
    words = words.strip()
    if field in LISTS:
        return tuple(part.strip() for part in words.split(",") if part.strip())
    if not words:
        return None
    if field in ("price", "former_price"):
        digits = text.MINOR_DIGITS.get(item.currency or "", 2)
        try:
            minor = round(float(words.replace(" ", "").replace(text.THIN, "").replace(",", ".")) * 10**digits)
        except ValueError:
            raise BadRequest(f"{words!r} is not a price. Write it like 1250 or 89.50.") from None
        if minor < 0:
            raise BadRequest("A price is not below zero.")
        return minor
    if field == "audience" and words not in AUDIENCES:
        raise BadRequest(f"{words!r} is not an audience. Choose {text.listed(AUDIENCES, 'or')}.")
    return words


def correct(item: Item) -> None:
    field = str(st.session_state.get("correct:field"))
    if field not in CORRECTABLE:
        return
    try:
        value = typed(field, str(st.session_state.get(f"correct:{item.id}:{field}") or ""), item)
    except BadRequest as error:
        st.session_state["product:said"] = (error.message, "warn")
        return
    if value != getattr(item, field):
        change(item, {field: value}, str(st.session_state.get("correct:why") or "").strip()[:200])


def as_imported(item: Item, field: str) -> None:
    try:
        engine.shop().studio.clear_fact(item.id, field, who=engine.who(), at=engine.now(), why="Back to the import")
    except ShopError as error:
        st.session_state["product:said"] = (error.message, "warn")


def portrait(item: Item) -> None:
    title = text.markup(f"{text.title(item)}{f' by {text.house(item)}' if text.house(item) else ''}")
    main = cards.picture_url(item)
    initial = text.markup((text.house(item) or text.title(item))[:1].upper())
    inner = f'<img src="{main}" alt="{title}">' if main else f'<span aria-hidden="true">{initial}</span>'
    more = "".join(f'<img src="{cards.picture_path(key)}" alt="" loading="lazy">' for key in item.pictures[1:6])
    st.html(f'<figure class="portrait">{inner}</figure>' + (f'<div class="thumbs">{more}</div>' if more else ""))
    if not main:
        states.said("No picture yet. Lists compare this product on everything else, and do not hold it against it.")


def price(item: Item) -> None:
    if item.price is None:
        states.said("This catalogue gives no price.")
        return
    was = ""
    if item.former_price and item.former_price > item.price:
        off = round(100 * (1 - item.price / item.former_price))
        was = f"<s>{text.markup(text.money(item.former_price, item.currency))}</s><em>−{off}{text.NBSP}%</em>"
    st.html(f'<p class="shop-price">{text.markup(text.money(item.price, item.currency))}{was}</p>')


def stock(item: Item) -> None:
    """Sizes with what is left of them, and the hand's way to change that."""
    state = item.state(engine.moment())
    if item.stock is None:
        states.said("Stock is unknown here, and counts as available.")
    elif set(item.stock) == {""}:
        states.said("Sold out" if not item.pieces else f"{text.count(item.pieces, 'piece')} left")
    else:
        rows = "".join(
            f'<li class="{"gone" if left == 0 else ""}">{text.markup(size or "one size")}'
            f"<span>{text.count(left) if left else 'none'}</span></li>"
            for size, left in item.stock.items()
        )
        st.html(f'<ul class="sizes" aria-label="Pieces left by size">{rows}</ul>')
    with st.container(horizontal=True, gap="small", key="stock-actions"):
        if state is not State.SOLD_OUT:
            with st.popover("Mark as sold out", key="sell-out"):
                st.markdown("It leaves every list at once, until it is restocked.")
                frame.why(f"sold_out:why:{item.id}")
                st.button("Mark as sold out", key="sold_out", type="primary", on_click=mark_sold_out, args=(item,),
                          width="stretch")  # fmt: skip
        with st.popover("Restock" if state is State.SOLD_OUT else "Change stock", key="restock"):
            sizes = list(item.stock or {"": 0})
            fresh(item, sizes)
            with st.grid(3 if len(sizes) > 2 else 1, min_column_width=92, gap="small", width=330):
                for size in sizes:
                    st.number_input(text.plain(size or "Pieces"), min_value=0, max_value=99999, step=1,
                                    key=f"stock:{item.id}:{size}")  # fmt: skip
            frame.why("restock:why")
            st.button("Save", key="restock:save", type="primary", on_click=restock, args=(item, sizes), width="stretch")
        with st.popover("Correct a fact", key="correct"):
            field = st.selectbox("What", CORRECTABLE, format_func=text.field_name, key="correct:field")
            now = getattr(item, field)
            if field == "audience":
                st.selectbox("Should be", AUDIENCES, index=AUDIENCES.index(now) if now in AUDIENCES else None,
                             format_func=text.AUDIENCE_NAMES.get, key=f"correct:{item.id}:{field}")  # fmt: skip
            else:
                plain = ", ".join(now) if isinstance(now, tuple) else "" if now is None else str(now)
                if field in ("price", "former_price") and now is not None:
                    digits = text.MINOR_DIGITS.get(item.currency or "", 2)
                    plain = f"{now / 10**digits:.{digits}f}"
                st.text_input(
                    "Should be", value=plain, key=f"correct:{item.id}:{field}", max_chars=200,
                    help="Several values with commas between them." if field in LISTS else None,
                )  # fmt: skip
            frame.why("correct:why")
            st.button("Save", key="correct:save", type="primary", on_click=correct, args=(item,), width="stretch")


def fresh(item: Item, sizes: list[str]) -> None:
    """Begin the numbers to be typed at what is left now, whenever that has changed."""
    left = {size: (item.stock or {}).get(size, 0) for size in sizes}
    if st.session_state.get("stock:shown") != (item.id, left):
        st.session_state["stock:shown"] = (item.id, left)
        st.session_state["restock:why"] = ""
        for size in sizes:
            st.session_state[f"stock:{item.id}:{size}"] = left[size]
    for size in sizes:
        st.session_state.setdefault(f"stock:{item.id}:{size}", left[size])


def facts(item: Item) -> None:
    zone = engine.zone()
    known = [(field, text.fact(field, getattr(item, field), item, zone)) for field in FACTS]
    known += [
        (name, str(value)) for name, value in item.extra.items() if not name.startswith("_") and str(value).strip()
    ]
    known = [("id", item.id), *((field, words) for field, words in known if words)]
    st.html(
        '<dl class="facts">'
        + "".join(f"<div><dt>{text.markup(text.field_name(name))}</dt><dd>{text.markup(words)}</dd></div>"
                  for name, words in known)
        + "</dl>"
    )  # fmt: skip


def its_list(item: Item) -> None:
    """The list beside it, as it is live."""
    shop, at = engine.shop(), engine.moment()
    frame.section("You May Also Like", "As it is live")
    listing = shop.recommend(Request(anchor=item.id, k=10, at=engine.at()))
    if not listing.items:
        states.empty("Nothing to show beside it", " ".join(note.text for note in listing.notes) or "Nothing compares.")
        return
    catalogue = shop.catalogue(engine.at())
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    parts.rail(
        cards.listed(
            listing, items, at=at, anchor=item, tools=(cards.TO_LIST, shaping.TOOL),
            menu=lambda placed: shaping.menu(placed.rank, pinned=placed.origin is Origin.PIN),
        ),
        key=LIST, label="You May Also Like", on_action=lambda: follow(LIST, item),
    )  # fmt: skip
    for note in listing.notes:
        states.said(note.text)


def its_look(item: Item) -> None:
    """The first of the looks around it, as they are live, and the way to its board."""
    shop, catalogue = engine.shop(), engine.shop().catalogue(engine.at())
    found = shop.looks(LookRequest(item.id, at=engine.at(), count=1)).looks
    if not found or not found[0].pieces:
        return
    look = found[0]
    total = text.money(look.harmony.total, item.currency)
    frame.section("Complete the Look", f"{text.count(len(look.pieces), 'piece')}{f', {total}' if total else ''}")
    parts.rail(
        [
            cards.card(catalogue.item(piece.id), at=engine.moment(), note=looks.name_of(piece.role),
                       tools=(cards.TO_LIST, shaping.TOOL))
            | {"menu": shaping.piece_menu(pinned=piece.origin is Origin.PIN)}
            for piece in look.pieces
        ],
        key=LOOK, label="Complete the Look", on_action=lambda: follow(LOOK, item, Placement.LOOK),
    )  # fmt: skip
    if look.unfilled:
        missing = text.listed(looks.name_of(role).lower() for role in look.unfilled)
        states.said(f"Nothing in the shop fills the place of {missing}.")
    st.page_link(
        "complete_the_look.py", label="Open the board", icon=":material/arrow_forward:", icon_position="right",
        query_params={"item": item.id},
    )  # fmt: skip


@st.fragment
@states.guarded
def shown_in(item: Item) -> None:
    """The lists of others that show it, best place first; counted when asked for, because every list is looked at."""
    frame.anew()
    shop, at = engine.shop(), engine.moment()
    found = shop.shown_in(item.id, k=10, at=engine.at())
    if not found:
        frame.section("Shown in", "No list")
        states.said(no_list(item))
        return
    first = sum(one.rank == 1 for one in found)
    aside = f"{text.count(len(found), 'list')}{f', first in {text.count(first)} of them' if first else ''}"
    frame.section("Shown in", aside)
    catalogue = shop.catalogue(engine.at())
    parts.rail(
        [
            cards.card(catalogue.item(one.anchor), at=at, note=f"Place {one.rank} in its list", opens=cards.LIST,
                       tools=(cards.TO_PRODUCT, shaping.TOOL))
            | {"menu": shaping.shown_menu()}
            for one in found[:40]
        ],
        key=SHOWN_IN, label="Lists that show this product", size="small", on_action=lambda: _to_list(item),
    )  # fmt: skip


def no_list(item: Item) -> str:
    """Why no list shows it."""
    match item.state(engine.moment()):
        case State.SOLD_OUT:
            return "It is sold out, so no list shows it until it is back."
        case State.EMBARGOED:
            return "Its day has not come, so no list shows it yet."
        case State.RETIRED:
            return "It is retired, so no list shows it any more."
    return "No list shows it among its first ten. Its own list above says which products stand closest."


def _to_list(item: Item) -> None:
    sent = parts.event(SHOWN_IN)
    catalogue = engine.shop().catalogue()
    if sent.get("id") in catalogue and shaping.act(catalogue.item(str(sent["id"])), {**sent, "id": item.id}):
        return
    if sent.get("id") in engine.shop().catalogue():
        page = "product.py" if sent.get("type") == "product" else "you_may_also_like.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


def history(item: Item) -> None:
    """What was changed by hand, newest first."""
    zone = engine.zone()
    changes = engine.shop().facts_history(item.id)
    frame.section("History", text.count(len(changes), "change") if changes else "")
    if not changes:
        states.said("Nothing was changed by hand. All facts are those of the import.")
        return

    def words(field: str, value: Any) -> str:
        return text.fact(field, value, item, zone) or "unknown"

    def row(one: FactChange) -> str:
        after = "as imported" if one.cleared else words(one.field, one.after)
        cells = (
            ("mute", text.moment(one.at, zone)), ("", one.who), ("", text.field_name(one.field)),
            ("mute", words(one.field, one.before)), ("", after), ("mute", one.why),
        )  # fmt: skip
        return "<tr>" + "".join(f'<td class="{kind}">{text.markup(cell)}</td>' for kind, cell in cells) + "</tr>"

    head = "".join(f"<th>{name}</th>" for name in ("When", "Who", "What", "Before", "After", "Why"))
    rows = "".join(row(one) for one in changes[:100])
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="History"><table class="plain-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    standing = sorted(engine.shop().studio.facts().get(item.id, {}))
    if standing:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            for field in standing:
                st.button(
                    f"Take back {text.plain(text.field_name(field).lower())} as imported", key=f"clear:{field}",
                    on_click=as_imported, args=(item, field), type="tertiary", icon=":material/undo:",
                )  # fmt: skip


def words_read(item: Item) -> None:
    """The text that the encoder of words reads for it."""
    with st.expander("The words that are read of it"):
        shop = engine.shop()
        template = shop.snapshot.manifest.text_template
        read = item_text(shop.snapshot.catalogue.item(item.id), template)
        st.html(f'<p class="quote">{text.markup(read or "Nothing: there are no words.")}</p>')
        states.said(
            "House, price, size and audience are left out on purpose, so that a house does not only find itself. "
            "The template is a setting of the shop."
        )


frame.go()
st.session_state.pop("kit:again", None)  # all of it is drawn anew
try:
    chosen = engine.chosen() or engine.presentable()
except UnknownItem:
    frame.heading("Product", "One product: its facts, its list, and where it is shown.")
    raise
if chosen is None:
    frame.heading("Product", "One product: its facts, its list, and where it is shown.")
    states.empty(
        "The shop is empty",
        "Bring a catalogue in, or return to the demo boutique.",
        ("Shop setup", "shop_setup.py", None),
    )
else:
    item = engine.shop().item(chosen, engine.at())
    session.commit(item=item.id)
    state = item.state(engine.moment())
    over = " · ".join(dict.fromkeys(part for part in ("Product", text.house(item), *item.category) if part))
    frame.heading(
        text.title(item), "", over=over,
        guide=(
            "The list below is the one shoppers see now; “Shape this list” opens it with its weights.",
            "Mark as sold out takes a product out of every list at once; Restock brings it back.",
            "A corrected fact is live at once, is kept over the next import, and stands in the history with your name.",
        ),
    )  # fmt: skip
    if said := st.session_state.pop("product:said", None):
        states.said(*said)
    shaping.said()
    sold_out = state is State.SOLD_OUT
    for_good = sold_out and engine.shop().supply(chosen, engine.at()).single
    if for_good:
        states.said("There was one of it, and it is sold. Shoppers who come here are shown what stands in for it.")
        states.guarded(alternatives.instead)(item, follow, alone=True)
        frame.section("As it was")
    left, right = st.columns([1, 1.9], gap="large")
    with left:
        portrait(item)
    with right, st.container(gap="medium"):
        badges = cards.state_badges(item, engine.moment()) or [("", text.STATE_NAMES[state])]
        tone = "live" if state is State.LIVE else ""
        st.html("".join(f'<span class="state {tone}">{text.markup(words)}</span> ' for _, words in badges))
        price(item)
        if item.description:
            st.html(f'<p class="prose">{text.markup(item.description)}</p>')
        stock(item)
        facts(item)
        words_read(item)
    if not for_good:
        if sold_out:
            states.guarded(alternatives.instead)(item, follow)
        its_list(item)
        states.guarded(its_look)(item)
        alternatives.panel(item, follow)
        shown_in(item)
    states.guarded(reviews.panel)(item)
    history(item)
    frame.next_step(
        "See what would change beside it.",
        ("Shape this list", "you_may_also_like.py", {"item": item.id}),
        ("What if it sold out?", "curation_rules.py", {"mode": "drill", "item": item.id}),
        ("Back to the catalogue", "catalogue.py", None),
    )
