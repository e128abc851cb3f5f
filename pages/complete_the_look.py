"""Complete the Look: whole looks around one product on a stylist's board, and the looks that were saved."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.domain.campaigns import COMING, MISSING
from core.domain.catalogue import Catalogue, Item
from core.domain.errors import ShopError
from core.domain.looks import BRAND_POLICIES, MAX_NAME, MAX_NOTE, ROLES, Look, LookRequest, LookStrategy, SavedLook
from core.domain.placements import Placement
from core.export import reports
from core.recommend import saved
from core.recommend.saved import KeptLook
from pages.kit import (
    address,
    board,
    cards,
    engine,
    finder,
    frame,
    look_controls,
    looks,
    parts,
    session,
    shaping,
    states,
    taking,
    text,
)
from pages.kit.board import OWN, Pieces

PAGE, BOARD, KEPT = "complete_the_look", "look:board", "look:kept"
MODES = ("Board", "Saved looks")
HOUSES = {"any": "Any house", "one house": "One house", "mixed": "No house twice"}
ANY_OCCASION = "As the product"
SHOWN = 6  # pictures of a saved look on its line

session.require()


# -- what the board sends ------------------------------------------------------------------------------------------


def acted(item: Item, live: LookStrategy) -> None:
    """What was clicked on the board. All of it comes from a browser, and is looked at before it is believed."""
    sent = parts.event(BOARD)
    if shaping.act(item, sent, Placement.LOOK):
        return
    kind, role, one = sent.get("type"), sent.get("role"), sent.get("id")
    known = catalogue()
    shown: Pieces = tuple((role, piece) for role, piece in st.session_state.get("look:shown", ()))
    standing = dict(shown)
    me = board.current()
    match kind:
        case "open" if one in known:
            st.session_state["kit:go"] = ("product.py", {"item": one})
        case "look" if sent.get("key") in board.CHOICES:
            board.commit(chosen=sent["key"], swapping=None)
        case "lock" if role in standing:
            held = {name: piece for name, piece in me.locked.items() if name != role}
            locks = me.locked.get(role) != standing[role]
            board.commit(locked={**held, role: standing[role]} if locks else held)
        case "swap" if role in ROLES:
            board.commit(swapping=None if me.swapping == role else role)
        case "close":
            board.commit(swapping=None)
        case "take" if role == me.swapping and one in known:
            rest = tuple((name, piece) for name, piece in shown if name != role)
            held = {name: piece for name, piece in me.locked.items() if name != role}
            board.commit(own=looks.by_height((*rest, (role, one))), chosen=OWN, swapping=None, locked=held)
        case "mend" if one in known and isinstance(sent.get("gone"), str):
            mend(item, shown, sent["gone"], one, live)


def mend(item: Item, shown: Pieces, gone: str, fresh: str, live: LookStrategy) -> None:
    """Put `fresh` where `gone` stood; a saved look that was opened as it is, is saved with it."""
    me, known = board.current(), catalogue()
    mended = SavedLook("A look", item.id, shown).mended(gone, fresh)
    why = f"{text.title(known.item(fresh))} for {text.title(looks.known(gone, known))}"

    def work() -> str:
        said = ""
        kept = opened_look()
        if kept is not None and untouched(kept, item.id, shown):
            done = engine.shop().save_look(
                kept.look.mended(gone, fresh), who=engine.who(), why=f"Mended: {why}", id=kept.id, expected=me.version
            )
            board.commit(version=done.version)
            said = f"Mended and saved: {why}."
        board.commit(
            item=mended.anchor, own=mended.pieces, chosen=OWN,
            locked={role: piece for role, piece in me.locked.items() if piece != gone},
        )  # fmt: skip
        if gone == item.id:
            session.commit(item=mended.anchor)
            st.query_params["item"] = mended.anchor
            st.session_state["kit:again"] = True
        return said

    board.attempt(work)


def opened_look() -> KeptLook | None:
    """The saved look that the one made by hand came from, where there is one."""
    me = board.current()
    return engine.shop().saved_look(me.saved, engine.at()) if me.saved else None


def untouched(kept: KeptLook | None, item: str, pieces: Pieces) -> bool:
    """Whether what is on the board is the saved look as it was saved."""
    return kept is not None and kept.look.anchor == item and set(kept.look.pieces) == set(pieces)


def choose(item: str) -> None:
    session.commit(item=item)
    board.about(item)
    st.query_params["item"] = item


# -- the board -----------------------------------------------------------------------------------------------------


@st.fragment
@states.guarded
def the_board(item: Item) -> None:
    """What counts at the left, the board at the right; a moved slider redraws this and nothing else."""
    frame.anew()
    live = engine.shop().look_strategy(engine.at())
    left, right = st.columns([1, 3.9], gap="large")
    with left, st.container(key="controls"):
        look_controls.panel(live, look_controls.known())
    with right:
        brief(item, live)
        if said := st.session_state.pop("look:said", None):
            states.said(*said)
        shaping.said()
        if board.weighed():
            draw(item, live)
        else:
            states.empty(
                "Nothing counts", "All parts are at 0, so no look is better than another. Raise one, or reset."
            )
        look_controls.counted()
    st.checkbox("What counts", key="drawer")
    address.write(PAGE, board.address(item.id))


def draw(item: Item, live: LookStrategy) -> None:
    """The looks of the moment: those that were composed, and the one made by hand, on one board."""
    shop, me, kept = engine.shop(), board.current(), opened_look()
    request = board.request(item.id, live)
    draft = shaping.standing()
    composed = shop.looks(request, draft=draft)
    scene = looks.Scene(catalogue(), engine.moment(), item, role_of(item), engine.currency())
    choices = {
        str(number): (f"Look {number}", look, as_pieces(look)) for number, look in enumerate(composed.looks, start=1)
    }
    own: Pieces = tuple((role, piece) for role, piece in me.own if piece != item.id)
    if own:
        made = shop.look_of(request, tuple(piece for _, piece in own if board.on_sale(piece)), draft=draft)
        choices[OWN] = (own_name(kept, item.id, own), made, own)
    if not choices:
        notes = " ".join(note.text for note in composed.notes)
        states.empty("No look around this product", notes or "Nothing in the shop goes with it in another role.")
        return
    chosen = me.chosen if me.chosen in choices else next(iter(choices))
    _, look, pieces = choices[chosen]
    st.session_state["look:shown"] = [list(one) for one in pieces]
    gone = saved.gone(item.id, pieces, scene.catalogue, scene.at)
    mends = shop.mending(SavedLook("A look", item.id, pieces), request) if chosen == OWN and gone else ()
    parts.board(
        {
            "tabs": [looks.tab(key, *one, scene, on=key == chosen) for key, one in choices.items()],
            "tiles": looks.tiles(look, pieces, scene, locked=me.locked, gone=gone),
            "card": looks.card(look, scene, budget=me.budget) if look.pieces else None,
            "swap": swapped(request, look, pieces, me.swapping, scene),
            "mends": [looks.mend(one, scene, keeps=untouched(kept, item.id, pieces)) for one in mends],
            "say": "The board has changed.",
        },
        key=BOARD, label="The look", on_action=lambda: acted(item, live),
    )  # fmt: skip
    if look.pieces:
        name = own_name(kept, item.id, own) if chosen == OWN and kept is not None else ""
        note = kept.look.note if chosen == OWN and kept is not None else ""
        taking.take_along(lambda: reports.look_report(taking.head(), look, name=name, note=note), key="look")
    for note in composed.notes:
        states.said(note.text)
    if chosen == OWN and kept is not None:
        history(kept)


def swapped(
    request: LookRequest, look: Look, pieces: Pieces, role: str | None, scene: looks.Scene
) -> dict[str, Any] | None:
    """What could stand in `role`, where somebody asked for it."""
    if role is None:
        return None
    now = dict(pieces).get(role)
    return looks.swap(
        engine.shop().swap(request, look.ids, role, draft=shaping.standing()), scene.item(now) if now else None, scene
    )


def own_name(kept: KeptLook | None, item: str, own: Pieces) -> str:
    """What the look made by hand is called on its tab."""
    if kept is None:
        return "Yours"
    return kept.look.name if untouched(kept, item, own) else f"{kept.look.name}, changed"


def as_pieces(look: Look) -> Pieces:
    return tuple((piece.role, piece.id) for piece in look.pieces)


def role_of(item: Item) -> str:
    """What a product is in a look; empty where it is nothing that is worn or carried."""
    wardrobe = engine.shop().wardrobe(engine.at())
    return wardrobe.role_of(catalogue().row(item.id))


# -- brief and save ------------------------------------------------------------------------------------------------


def brief(item: Item, live: LookStrategy) -> None:
    """What the look is for, what it may cost, whose pieces it may hold; and keeping it."""
    me = board.current()
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small", key="brief"
    ):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content", key="brief-for"):
            occasions = engine.occasions()
            if occasions:
                names = {"": ANY_OCCASION, **{one: one[:1].upper() + one[1:] for one in occasions}}
                bound("occasion", me.occasion or "")
                st.selectbox("Occasion", list(names), format_func=names.get, width=166, key="look:occasion",
                             on_change=lambda: take("occasion", st.session_state["look:occasion"] or None))  # fmt: skip
            if engine.priced():
                unit = 10 ** text.MINOR_DIGITS.get(engine.currency() or "", 2)
                bound("budget", None if me.budget is None else me.budget // unit)
                symbol = text.SYMBOLS.get(engine.currency() or "", engine.currency() or "")
                st.number_input(
                    f"Budget, {text.plain(symbol)}" if symbol else "Budget", min_value=0, max_value=10**8, step=50,
                    placeholder="No limit", width=132, key="look:budget", help=None,
                    on_change=lambda: take("budget", priced(st.session_state["look:budget"], unit)),
                )  # fmt: skip
            bound("houses", me.brands or live.brands)
            st.selectbox("Houses", BRAND_POLICIES, format_func=HOUSES.get, width=166, key="look:houses",
                         on_change=lambda: take("brands", policy(live)))  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content", key="brief-do"):
            finder.finder("look", choose, opens=cards.LOOK)
            keep(item, live)


def bound(name: str, value: Any) -> None:
    st.session_state[f"look:{name}"] = value


def take(field: str, value: Any) -> None:
    board.commit(**{field: value, "swapping": None})


def priced(value: int | None, unit: int) -> int | None:
    return None if value is None else int(value) * unit


def policy(live: LookStrategy) -> str | None:
    chosen = st.session_state["look:houses"]
    return None if chosen == live.brands else chosen


def keep(item: Item, live: LookStrategy) -> None:
    """Save what is on the board under a name, with a note."""
    me, kept = board.current(), opened_look()
    sheet = st.popover("Save look", key="save-look", type="primary", on_change="rerun")
    if not sheet.open:
        return
    with sheet, st.container(width=330):
        if st.session_state.get("look:naming") != (me.saved, me.version):
            st.session_state["look:naming"] = (me.saved, me.version)
            st.session_state["look:name"] = kept.look.name if kept else ""
            st.session_state["look:note"] = kept.look.note if kept else ""
        st.text_input("Name", key="look:name", max_chars=MAX_NAME, placeholder="Autumn lunch in the city")
        st.text_area("Note", key="look:note", max_chars=MAX_NOTE, height=90, placeholder="For whom, where it hangs")
        st.button("Save", key="look:save", type="primary", width="stretch", on_click=save, args=(item, live, kept))
        if kept:
            st.button("Save as a new look", key="look:save-new", width="stretch", on_click=save, args=(item, live))


def save(item: Item, live: LookStrategy, kept: KeptLook | None = None) -> None:
    """Keep the look on the board: as the next version of `kept`, or as a new one."""
    me = board.current()
    pieces: Pieces = tuple((role, piece) for role, piece in st.session_state.get("look:shown", ()))
    name, note = str(st.session_state.get("look:name") or ""), str(st.session_state.get("look:note") or "")

    def work() -> str:
        look = board.saveable(name, note, item.id, pieces, live).changed(campaign=kept.look.campaign if kept else None)
        done = engine.shop().save_look(
            look, who=engine.who(), id=kept.id if kept else None, expected=me.version if kept else None
        )
        board.commit(own=pieces, chosen=OWN, saved=done.id, version=done.version)
        st.session_state["save-look"] = False
        return f"Saved as “{done.look.name}”{f', version {done.version}' if done.version > 1 else ''}."

    board.attempt(work)


def history(kept: KeptLook) -> None:
    """The note of the saved look on the board, every version of it, and putting it away."""
    versions, zone = engine.shop().studio.look_history(kept.id), engine.zone()
    if kept.look.note:
        st.html(f'<p class="quote">{text.markup(kept.look.note)}</p>')
    with st.expander(f"Saved look, {text.count(len(versions), 'version')}", key="versions", type="compact"):
        rows = "".join(
            f'<tr><td class="mute">{text.markup(text.moment(one.at, zone))}</td><td>{text.markup(one.who)}</td>'
            f"<td>{text.markup('Put away' if one.retired else f'Version {one.version}')}</td>"
            f'<td class="mute">{text.markup(one.why)}</td></tr>'
            for one in versions[:50]
        )
        head = "".join(f"<th>{name}</th>" for name in ("When", "Who", "What", "Why"))
        st.html(
            '<div class="wide" tabindex="0" role="region" aria-label="Versions"><table class="plain-table">'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        st.button("Put this look away", key="look:retire", type="tertiary", icon=":material/inventory_2:",
                  on_click=put_away, args=(kept,))  # fmt: skip


def put_away(kept: KeptLook) -> None:
    def work() -> str:
        engine.shop().retire_look(kept.id, who=engine.who(), expected=kept.saved.version)
        board.commit(saved=None, version=0)
        return f"“{kept.look.name}” is put away. Its history stays."

    board.attempt(work)


# -- saved looks ---------------------------------------------------------------------------------------------------


def saved_looks() -> None:
    """The looks that were saved, broken ones first."""
    kept = sorted(engine.shop().saved_looks(engine.at()), key=lambda one: not one.broken)
    if not kept:
        states.empty("No look is saved yet", "Compose one on the board, name it, and it will watch itself here.")
        return
    parts.ledger([line(one) for one in kept], key=KEPT, label="Saved looks", on_action=lambda: opened(kept))


WAITING = {COMING: "still to come", MISSING: "not there"}


def line(kept: KeptLook) -> dict[str, Any]:
    """A saved look as a line: its name, what is the matter with it, its pieces, the way to it."""
    zone = engine.zone()
    lost = {one.id for one in kept.gone}
    by = f"Saved by {kept.saved.who}, {text.day(kept.saved.at, zone)}."
    words = f"{text.listed(looks.said_gone(kept, catalogue()))}." if kept.broken else kept.look.note
    words = words if kept.in_force else f"Waits: its campaign is {WAITING.get(kept.phase, kept.phase)}. {words}"
    return {
        "id": kept.id, "figure": text.count(len(kept.look.all_ids)), "title": kept.look.name,
        "text": f"{words} {by}".strip(), "tone": "warn" if kept.broken else "calm",
        "go": "Mend" if kept.broken else "Open", "href": address.link("complete-the-look", saved=kept.id),
        "pictures": [
            {**looks.small(looks.known(one, catalogue())), "dim": one in lost} for one in kept.look.all_ids[:SHOWN]
        ],
    }  # fmt: skip


def catalogue() -> Catalogue:
    return engine.shop().catalogue(engine.at())


def opened(kept: list[KeptLook]) -> None:
    asked = parts.event(KEPT).get("id")
    if asked in {one.id for one in kept}:
        st.session_state["kit:go"] = ("complete_the_look.py", {"saved": asked})


# -- the page ------------------------------------------------------------------------------------------------------


def take_address() -> ShopError | None:
    """Set the page as its address says; what is wrong with the address, where something is."""
    came = address.arrived(PAGE)
    if came is None:
        return None
    if came.get("mode") == ["saved"]:
        st.session_state["look:mode"] = MODES[1]
        return None
    st.session_state["look:mode"] = MODES[0]
    try:
        board.take(came, engine.shop().look_strategy(engine.at()))
    except ShopError as error:
        return error
    return None


def switch() -> None:
    st.session_state.setdefault("look:mode", MODES[0])
    st.segmented_control("Show", MODES, label_visibility="collapsed", required=True, key="look:mode")


frame.go()
wrong = take_address()
frame.heading(
    "Complete the Look",
    "Whole looks around one product. Lock what is right, swap what is not, and see why pieces go together.",
    guide=(
        "Three looks are composed; any two differ in at least two pieces. Choose one above the board.",
        "Lock keeps a piece in every look. Swap shows what else could stand there, with the look's score before and "
        "after.",
        "What counts is a share: only the proportion matters. Nothing is live until you make it so.",
        "The parts under Harmony add up to the look's score. Point at a pair to see it on the board.",
        "A place that nothing in the shop fills is drawn empty, with its name.",
        "A saved look watches itself: when a piece is gone it says so here and on Today, and one click mends it.",
    ),
    beside=switch,
)
if wrong is not None:
    states.trouble(wrong)
    st.page_link("complete_the_look.py", label="All saved looks", query_params={"mode": "saved"})
elif st.session_state.get("look:mode") == MODES[1]:
    address.write(PAGE, {"mode": ["saved"]})
    saved_looks()
    frame.next_step(
        "Compose another one.",
        ("Catalogue", "catalogue.py", None),
        ("Today", "today.py", None),
    )  # fmt: skip
elif anchor := engine.chosen() or engine.presentable():
    board.about(anchor)
    session.commit(item=anchor)
    the_board(engine.shop().item(anchor, engine.at()))
    frame.next_step(
        "See what else stands beside this product.",
        ("You May Also Like", "you_may_also_like.py", {"item": anchor}),
        ("Open the product", "product.py", {"item": anchor}),
    )
else:
    states.empty_shop()
