"""Shoppers: who they are to the shop, what they would see, and how the list changes with what they do next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from core.domain.changes import Documents
from core.domain.errors import BadRequest, ShopError
from core.domain.listing import Listing, Origin, Placed
from core.domain.query import Request
from core.domain.shoppers import DEVICES, Person
from core.domain.strategy import Strategy
from core.export import reports
from core.recommend.first_visit import RUNG_NAMES, rung_of
from core.recommend.for_you import NONE, ForYou, shifts
from core.recommend.personal import SEASONS
from core.recommend.personas import LONGEST_NAME, Persona, name_of
from core.shop import Shop
from pages.kit import (
    address,
    answers,
    cards,
    engine,
    finder,
    frame,
    held,
    history,
    hybrid,
    interests_panel,
    parts,
    persona_form,
    personas,
    session,
    shaping,
    standing,
    states,
    taking,
    text,
)  # fmt: skip
from pages.kit.personas import ACT, CONTEXT, DID, DOES, INVENTED, KEPT, OWN, PAGE, RECORDED, SAID, STORE, WEIGHTS

TIMES, MADE = "shoppers:times", "shoppers:made"
MOST_MADE = 4  # lists that are kept: live, tried, and each as it was before
LIST, PLAIN, SHELF = "shoppers:list", "shoppers:plain", "shoppers:shelf"
PLACES = (5, 8, 10, 12, 16, 24)
LAYOUTS = ("Grid", "Carousel")
MOST_CHIPS = 10  # values that stand as chips; more of them are a list
OVER = {INVENTED: "An invented persona", OWN: "A persona of yours", RECORDED: "A recorded shopper"}
CAME = "Came in"
SHORTER = {  # where a product comes from, on a card; “Why” says it in full
    "From the interest in": "", "From this visit": "This visit: ",
    "From what shoppers alike have a taste for": "Shoppers alike: ", "From the answers to the quiz": "The quiz: ",
}  # fmt: skip
BY = {CONTEXT: "Where and when they are", WEIGHTS: "Your weights"}
TOOL = {"act": "menu", "label": "What they do with it", "icon": "plus"}
MENU = [{"act": f"do-{what}", "label": label} for what, label in DOES.items()]
NOTHING_WEIGHED = (
    "Nothing is weighed", "All weights are 0, so no product comes before another. Give one a weight, or reset.",
)  # fmt: skip

session.require()


# -- all of them ---------------------------------------------------------------------------------------------------


@st.fragment
@states.guarded
def shelf() -> None:
    """Whom one can look at: personas made up for this shop, those that people keep, and the record's busiest."""
    if st.session_state.pop("kit:again", False):
        st.rerun()
    frame.once(SAID)
    made, mine = personas.invented(), personas.kept()
    frame.section("Personas", "Invented, out of what this shop sells")
    parts.rail([_face(one, f"persona:{one.key}") for one in made], key=f"{SHELF}:made", label="Personas", layout="grid",
               size="medium", on_action=lambda: _choose(f"{SHELF}:made"))  # fmt: skip
    if mine:
        frame.section("Kept by you and your colleagues", text.count(len(mine), "persona"))
        parts.rail([_face(one.persona, f"kept:{number}", one.who) for number, one in enumerate(mine)],
                   key=f"{SHELF}:kept", label="Kept personas", layout="grid", size="medium",
                   on_action=lambda: _choose(f"{SHELF}:kept"))  # fmt: skip
    busy = personas.recorded()
    simulated = busy and engine.shop().events.simulated()
    frame.section("Recorded shoppers", "Simulated, for the demo" if simulated else "The busiest, by what they like")
    if not busy:
        states.said(
            "Nobody was recorded here yet. Events come from files and over HTTP, and count with the next list: "
            "vitrine events import FILE, or POST /events."
        )
        return
    parts.rail([_recorded(one) for one in busy], key=f"{SHELF}:busy", label="Recorded shoppers", layout="grid",
               size="medium", on_action=lambda: _choose(f"{SHELF}:busy"))  # fmt: skip
    states.said("Nobody is named: a shopper is the first letters of a scrambled id, and what their acts say.")


def _card(id: str, title: str, over: str, note: str, faces: list[str], href: str) -> dict[str, Any]:
    catalogue = engine.shop().catalogue(engine.at())
    here = [catalogue.item(item) for item in faces if item in catalogue]
    pictures = list(dict.fromkeys(url for item in here if (url := cards.picture_url(item))))[: personas.FACES]
    return {
        "id": id, "title": title, "brand": over, "note": note, "images": pictures, "initial": title[:1], "alt": title,
        "image": pictures[0] if pictures else "", "open": f"Look at {title}", "href": href, "badges": [], "tools": [],
    }  # fmt: skip


def _face(one: Persona, id: str, who: str = "") -> dict[str, Any]:
    """The card of a persona."""
    acts = text.count(len(one.acts), "act") if one.acts else "No history"
    link = {"kept": one.name, "by": who} if who else {"persona": one.key}
    faces = [*(act.item for act in one.acts if act.kind != "return"), *one.wishes]
    note = one.story or (f"Kept by {who}" if who else "")
    return _card(id, one.name, acts, note, faces, address.link(PAGE, **link))


def _recorded(one: personas.Recorded) -> dict[str, Any]:
    """The card of a recorded shopper; of one who is not followed it says nothing but that."""
    title = one.name if one.followed else "Not followed"
    note = f"Shopper {one.short}" if one.followed else f"Shopper {one.short}, at their own wish"
    over = text.count(one.acts, "act") if one.followed else "Nothing is shown"
    return _card(f"shopper:{one.id}", title, over, note, list(one.faces), address.link(PAGE, shopper=one.short))


def _choose(key: str) -> None:
    of, _, rest = str(parts.event(key).get("id", "")).partition(":")
    if of == "persona":
        found = next((one for one in personas.invented() if one.key == rest), None)
        if found is not None:
            personas.open_persona(found, INVENTED)
    elif of == "kept" and rest.isdecimal() and int(rest) < len(personas.kept()):
        one = personas.kept()[int(rest)]
        personas.open_persona(one.persona, KEPT, one.who)
    elif of == "shopper" and rest in {one.id for one in personas.recorded()}:
        personas.open_recorded(rest)
    else:
        return
    hybrid.reset()
    st.session_state["kit:again"] = True


# -- one of them ---------------------------------------------------------------------------------------------------


@st.fragment
@states.guarded
def one_shopper() -> None:
    """Weights and context at the left, the list and what it is made of at the right; a moved slider redraws this."""
    if st.session_state.pop("kit:again", False):
        st.rerun()
    frame.go()
    at, k = engine.moment(), session.current().places
    asked, drafted = personas.request(at, k), shaping.standing()
    assert asked.shopper is not None
    live = list_of(asked, drafted)
    try:
        strategy, differs = hybrid.tried(live.strategy)
        found = list_of(asked.changed(strategy=strategy), drafted) if differs else live
    except BadRequest:
        strategy, differs, found = live.strategy, True, None
    head(asked.shopper, live, at)
    frame.once(SAID)
    if composing():
        persona_form.panel()
    left, right = st.columns([1, 3.1], gap="large")
    with left, st.container(key="controls"):
        hybrid.panel(live.strategy, live.preset if asked.shopper.shopper.personal else "")
        where()
    with right:
        if found is None:
            states.empty(*NOTHING_WEIGHED)
        else:
            the_list(asked, found, before(asked, found, live, drafted), strategy if differs else None)
        if held.of(STORE).get("beside"):
            plain_list(asked, found or live)
        if found is not None:
            standing.panel(asked.changed(strategy=strategy) if differs else asked, drafted)
        if asked.shopper.shopper.personal:
            interests_panel.panel(live.interests, live.away)
            history.panel(asked.shopper.history, at)
        if personas.kind() == RECORDED:
            what_is_kept(asked.shopper)
    st.checkbox("Weights and context", key="drawer")
    address.write(PAGE, personas.give())


def head(person: Person, found: ForYou, at: datetime) -> None:
    """Who this is, and what can be done with them."""
    kind, made = personas.kind(), personas.persona()
    over = OVER.get(kind, f"A persona kept by {personas.keeper()}")
    if kind == RECORDED:
        title = name_of(found.interests) or f"Shopper {personas.short(personas.shopper())}"
        over = f"{over} · {personas.short(personas.shopper())}"
        over += " · simulated" if engine.shop().events.simulated() else ""
    else:
        title = made.name or "A persona without a name yet"
    if not person.shopper.personal:
        title = "Not followed"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="anchor"):
        st.html(
            f'<div class="anchor shopper">{_faces(found, title)}<div><p class="over">{text.markup(over)}</p>'
            f'<p class="anchor-title">{text.markup(title)}</p><p class="aside">{text.markup(_facts(person, found, at))}'
            "</p></div></div>",
            width="content",
        )
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="small"):
            st.button("All shoppers", key="shoppers-back", type="tertiary", icon=":material/arrow_back:",
                      on_click=_back)  # fmt: skip
            if kind != RECORDED:
                st.button(
                    "Change who this is" if not made.blank else "Compose",
                    key="compose-open",
                    type="tertiary",
                    icon=":material/edit:",
                    on_click=lambda: held.put(STORE, composing=not composing()),
                )
                keep(made)


def _faces(found: ForYou, title: str) -> str:
    catalogue = engine.shop().catalogue(engine.at())
    items = [item for one in found.interests for item, _ in one.items[:2] if item in catalogue]
    pictures = [url for item in dict.fromkeys(items) if (url := cards.picture_url(catalogue.item(item)))][:4]
    if not pictures:
        return f'<div class="portrait"><span aria-hidden="true">{text.markup(title[:1])}</span></div>'
    shots = "".join(f'<img src="{url}" alt="">' for url in pictures)
    return f'<div class="portrait mosaic n{len(pictures)}">{shots}</div>'


def _facts(person: Person, found: ForYou, at: datetime) -> str:
    if not person.shopper.personal:
        return "At their own wish. What they did shapes no list, and nothing of it is shown."
    told = person.history
    said = [personas.persona().story] if personas.kind() == INVENTED and personas.persona().story else []
    if acts := personas.acts_in(told):
        first = (at - told.moments[acts[0]]).days
        span = f" in {text.count(max(1, first), 'day')}" if first else ""
        said.append(f"{text.count(len(acts), 'act')}{span}")
    if person.shopper.wishlist:
        said.append(text.count(len(person.shopper.wishlist), "wish", "wishes"))
    if person.shopper.followed:
        said.append(f"follows {text.listed(person.shopper.followed)}")
    if away := [*person.shopper.dislikes.colours, *person.shopper.dislikes.houses]:
        said.append(f"nothing of {text.listed(away)}")
    if person.shopper.tier:
        said.append(f"tier {person.shopper.tier}")
    if found.visit:
        said.append(f"this visit is {text.per_cent(found.visit)} of the taste")
    words = " · ".join(one.rstrip(".") for one in said) or "Nothing is known of them"
    return words[:1].upper() + words[1:]


def _back() -> None:
    personas.close()
    hybrid.reset()
    st.session_state["kit:again"] = True


def keep(made: Persona) -> None:
    """Under a name in the studio; one's own is renamed and removed here too."""
    mine = personas.kind() == KEPT and personas.keeper() == session.current().who
    label = "Kept" if mine and not personas.extra() else "Keep under a name"
    times = int(st.session_state.get(TIMES, 0))  # with each step the popover gets another key, and so closes
    sheet = st.popover(label, icon=":material/bookmark:", key=f"persona-keep-{times}", on_change="rerun")
    if not sheet.open:
        return
    with sheet, st.container(width=300):
        with st.form("persona:keep", border=False):
            st.text_input("Name", value=made.name, key="persona:name", max_chars=LONGEST_NAME,
                          placeholder="The evening regular")  # fmt: skip
            st.form_submit_button("Keep it", type="primary", on_click=_doing, args=("keep",), width="stretch")
            if mine:
                st.form_submit_button("Give it this name", on_click=_doing, args=("rename",), width="stretch")
        if mine:
            st.button("Remove it", key="persona-drop", type="tertiary", icon=":material/delete:", on_click=_doing,
                      args=("drop",))  # fmt: skip
        st.caption("Your colleagues see it under Shoppers. It is no shopper, and nothing of it is recorded.")


def _doing(what: str) -> None:
    """A step with a kept persona; what came of it is said on the page."""
    name = str(st.session_state.get("persona:name") or "")
    try:
        if what == "drop":
            said = f"“{personas.drop()}” is gone."
        elif what == "rename":
            personas.rename(name)
            said = f"It is called “{personas.persona().name}” now."
        else:
            tidy = " ".join(name.split())
            again = any((one.who, one.persona.name) == (session.current().who, tidy) for one in personas.kept())
            said = f"“{personas.keep(name).name}” is kept{', in place of what was' if again else ''}."
        st.session_state[SAID] = (said, "")
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
    else:
        st.session_state[TIMES] = int(st.session_state.get(TIMES, 0)) + 1
    st.session_state["kit:again"] = True


# -- where and when ------------------------------------------------------------------------------------------------


def where() -> None:
    """The context of the visit, as chips: it moves what fits, and bars nothing."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.subheader("Where and when", anchor=False, width="content")
        if personas.context():
            st.button("Anywhere", key="context-reset", type="tertiary", on_click=_anywhere)

    def moved() -> None:
        personas.moved_by(CONTEXT)

    occasions = engine.occasions()
    known = {one.casefold() for one in engine.facets().get("season", {})}
    chips("Season", "season", [one for one in SEASONS if one in known], moved)
    chips("Occasion", "occasion", occasions, moved)
    chips("Device", "device", list(DEVICES), moved)
    with st.expander("Hour and place", key="hour-and-place"):
        st.selectbox("Hour", range(24), index=None, format_func=lambda one: f"{one}:00", placeholder="Any hour",
                     **held.bound(STORE, "hour", None, moved))  # fmt: skip
        st.text_input("Place", max_chars=60, placeholder="A town or a country",
                      **held.bound(STORE, "place", "", moved))  # fmt: skip


def chips(label: str, name: str, values: list[str], then: Any) -> None:
    """One field of the context."""
    if not values:
        return
    bound = held.bound(STORE, name, None, then)
    if st.session_state[bound["key"]] not in (None, *values):
        values = [str(st.session_state[bound["key"]]), *values]
    if len(values) > MOST_CHIPS:
        st.selectbox(label, values, index=None, format_func=text.plain, placeholder="Any", **bound)
    else:
        st.pills(label, values, format_func=lambda one: text.plain(one[:1].upper() + one[1:]), **bound)


def _anywhere() -> None:
    held.put(STORE, season=None, occasion=None, hour=None, device=None, place="", mark="")


# -- the list ------------------------------------------------------------------------------------------------------


def list_of(asked: Request, drafted: Documents | None, acts: int | None = None) -> ForYou:
    """The list for `asked`. The last few are kept for the minute: while one thing moves, the others stand.

    acts: how many of what was done here is in it; all of it by default.
    """
    assert asked.at is not None
    shop, now = engine.shop(), held.of(STORE)
    who = {name: now.get(name) for name in ("kind", "persona", "shopper", *personas.CONTEXT_FIELDS)}
    mark = (
        json.dumps([who, (now.get("acts") or [])[:acts]], sort_keys=True), asked.k, asked.strategy,
        asked.shopper is not None and bool(asked.shopper.context), asked.at.replace(second=0, microsecond=0),
        shop.view(engine.at(), asked.placement).versions, shop.events.mark(), personas.stamp(),
    )  # fmt: skip
    kept = [one for one in st.session_state.get(MADE, ()) if one[0] == mark and one[1] == drafted]
    found = kept[0][2] if kept else shop.for_you(asked, draft=drafted)
    others = [one for one in st.session_state.get(MADE, ()) if one[2] is not found]
    st.session_state[MADE] = [(mark, drafted, found), *others][:MOST_MADE]
    return found


def before(asked: Request, found: ForYou, live: ForYou, drafted: Documents | None) -> Listing | None:
    """The list as it was before what moved it last; None where nothing did."""
    trial = found.strategy if found is not live else None
    assert asked.at is not None
    assert asked.shopper is not None
    if personas.mark() == ACT and personas.extra():
        less = personas.request(asked.at, asked.k, personas.extra()[:-1])
        return list_of(less.changed(strategy=trial), drafted, len(personas.extra()) - 1).listing
    if personas.mark() == CONTEXT and asked.shopper.context:
        anywhere = Person(asked.shopper.shopper, asked.shopper.history)
        return list_of(asked.changed(shopper=anywhere, strategy=trial), drafted).listing
    if personas.mark() == WEIGHTS and found is not live:
        return live.listing
    return None


def the_list(asked: Request, found: ForYou, earlier: Listing | None, trial: Strategy | None) -> None:
    """For You, with what can be done to it, and what the last step moved."""
    listing, catalogue = found.listing, engine.shop().catalogue(engine.at())
    items = {placed.id: catalogue.item(placed.id) for placed in listing.items}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small"):
        st.header("For You", anchor=False, width="content")
        with st.container(
            key="list-options", horizontal=True, width="content", vertical_alignment="center", gap="small"
        ):
            if shaping.drafted_rules():
                st.toggle("With your draft", **session.bound("with_draft"))
            st.toggle("Beside it, without history", **held.bound(STORE, "beside", False))
            st.selectbox("Places", PLACES, format_func=lambda n: f"{n} places", label_visibility="collapsed",
                         width=128, **session.bound("places"))  # fmt: skip
            bound = held.bound(STORE, "layout", LAYOUTS[0])
            st.segmented_control("Shown as", LAYOUTS, label_visibility="collapsed", required=True, **bound)
    doing(asked.shopper)
    moves = None if earlier is None else _moves(earlier, listing)
    if earlier is not None:
        told(earlier, listing)
    if not items:
        states.empty("Nothing to show", " ".join(note.text for note in listing.notes))
        return
    does = (TOOL,) if asked.shopper is None or asked.shopper.shopper.personal else ()
    made = cards.listed(listing, items, at=engine.moment(), tools=(answers.TOOL, cards.TO_PRODUCT, *does),
                        menu=lambda placed: MENU)  # fmt: skip
    for card, placed in zip(made, listing.items, strict=True):
        _dress(card, placed, found.preset)
        _mark(card, moves)
    parts.rail(made, key=LIST, label="For You", layout=str(held.of(STORE).get("layout", LAYOUTS[0])).lower(),
               say="The list has changed.", on_action=_follow)  # fmt: skip
    states.said(" ".join(note.text for note in listing.notes))
    names = f"For {text.markup(personas.persona().name)}" if personas.kind() != RECORDED else "For a recorded shopper"
    taking.take_along(
        lambda: reports.list_report(
            taking.head(draft=shaping.standing() is not None), listing, strategy=found.strategy, live=trial is None,
            about=("For You", f"{names}: {text.count(len(listing.items), 'product')}, the best place first."),
        ),
        key="shopper",
    )  # fmt: skip


def _mark(card: dict[str, Any], moves: Mapping[str, str] | None) -> None:
    """What the last step did to it; then variety's arrow would only confuse."""
    if moves is None:
        return
    card["moved"], card["movedText"] = 0, ""
    if (now := moves.get(card["id"])) is not None:
        card["badges"] = [["accent" if now == CAME else "dark", now], *card["badges"]][:2]


def _dress(card: dict[str, Any], placed: Placed, preset: str) -> None:
    """What a card of this page says besides: which interest it is from, and what the shopper may read."""
    codes = {note.code: note.text for note in placed.notes}
    safe = codes.get("to_the_shopper", "").rstrip(".")
    rung = rung_of(placed) if preset == NONE else None
    source = codes.get("interest", "").rsplit(",", 1)[0]
    for begins, shorter in SHORTER.items():
        if source.startswith(begins):
            source = shorter + source.removeprefix(begins).strip(" ()")
    said = [source[:1].upper() + source[1:], f"“{safe}.”" if safe else ""]
    card["note"] = RUNG_NAMES[rung] if rung else "\n".join(one for one in said if one) or card["note"]
    if rung:
        card["badges"] = [one for one in card["badges"] if one != list(cards.ORIGIN_BADGES[Origin.FILL])]
    if card["why"]:
        lines = [line for line in card["why"]["lines"] if line != codes.get("to_the_shopper")]
        card["why"]["lines"] = [*lines, *([f"The shopper may read: “{safe}.”"] if safe else [])]
    if placed.origin is Origin.FILL and "met" in codes:
        card["badges"] = [["", "Met already"], *(one for one in card["badges"] if one != ["", "Filled up"])][:2]


def _moves(earlier: Listing, listing: Listing) -> dict[str, str]:
    """Item -> how its place differs from the list before, for a badge."""
    found = {}
    for one in shifts(earlier, listing):
        if one.after is None:
            continue
        step = None if one.before is None else one.before - one.after
        found[one.id] = CAME if step is None else f"{'↑' if step > 0 else '↓'}{text.NBSP}{abs(step)}"
    return found


def told(earlier: Listing, listing: Listing) -> None:
    """What the last step moved, in a sentence; and the way back."""
    moved = shifts(earlier, listing)
    came = [one for one in moved if one.before is None]
    left = [one.id for one in moved if one.after is None]
    others = len(moved) - len(came) - len(left)
    said = [text.count(len(came), "product") + " came in" if came else "", f"{others} moved" if others else ""]
    what = _last() if personas.mark() == ACT else BY[personas.mark()]
    parts_ = [one for one in said if one]
    words = f"{what}: {text.listed(parts_)}." if parts_ else f"{what}: no place changed."
    if left:
        catalogue = engine.shop().catalogue(engine.at())
        names = [text.title(catalogue.item(item)) for item in left[:3]]
        rest = f" and {len(left) - 3} more" if len(left) > 3 else ""
        words += f" Left: {', '.join(names)}{rest}." if rest else f" Left: {text.listed(names)}."
    st.html(f'<p class="moved-line" role="status">{text.markup(words)}</p>')


def _last() -> str:
    """What they did last, in words."""
    last, catalogue = personas.extra()[-1], engine.shop().catalogue(engine.at())
    name = text.title(catalogue.item(last.item)) if last.item in catalogue else last.item
    return f"{DID[last.kind]} “{name}”"


def doing(person: Person | None) -> None:
    """What they do next: any product, by name; a card has the same behind its plus."""
    if person is None or not person.shopper.personal:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="shopper-does"):
        what = st.selectbox("What they do", list(DOES), format_func=DOES.get, label_visibility="collapsed", width=190,
                            key="shoppers:does")  # fmt: skip
        finder.finder("shoppers", lambda item: _does(item, str(what)), opens=cards.PRODUCT, label="Any product",
                      key="shopper-finds", lazy=True)  # fmt: skip
        if personas.extra():
            done = text.count(len(personas.extra()), "act")
            st.html(f'<p class="aside">{done} here, recorded nowhere</p>', width="content")
            st.button("Undo", key="shopper-undo", type="tertiary", icon=":material/undo:", on_click=personas.undo)
        else:
            st.html('<p class="aside">Let them do something, here or with the plus on a card. Nothing of it is '
                    "recorded.</p>", width="content")  # fmt: skip


def _does(item: str, what: str) -> None:
    personas.act(item, what)


def _follow(key: str = LIST) -> None:
    sent = parts.event(key)
    item, what = sent.get("id"), str(sent.get("type", ""))
    if item not in engine.shop().catalogue():
        return
    if what == answers.ASK:
        standing.about(str(item))
    elif what.startswith("do-"):
        personas.act(str(item), what.removeprefix("do-"))
    elif what in ("open", "product"):
        st.session_state["kit:go"] = ("product.py", {"item": item})


def plain_list(asked: Request, found: ForYou) -> None:
    """The same list as somebody of whom nothing is known sees it, in the same place and at the same time."""
    assert asked.shopper is not None
    stranger = Person(Persona("nobody", "").person(engine.moment()).shopper, context=asked.shopper.context)
    listing = engine.shop().recommend(asked.changed(shopper=stranger, strategy=None), draft=shaping.standing())
    catalogue = engine.shop().catalogue(engine.at())
    same = sum(item in found.listing.ids for item in listing.ids)
    frame.section("As seen without history", f"{same} of {len(listing.ids)} stand in both")
    here = {item: place for place, item in enumerate(found.listing.ids, 1)}
    made = []
    for placed in listing.items:
        card = cards.card(
            catalogue.item(placed.id), at=engine.moment(), place=placed.rank, tools=(cards.TO_PRODUCT, TOOL)
        )
        note = f"Place {here[placed.id]} with history" if placed.id in here else ""
        made.append({**card, "menu": MENU, "note": note})
    parts.rail(made, key=PLAIN, label="As seen without history", size="small", on_action=lambda: _follow(PLAIN))
    if found.preset == NONE:
        states.said("Nothing is known of them either, so both are the list of a first visit.")


def composing() -> bool:
    """Whether the persona is being composed."""
    return personas.kind() != RECORDED and bool(held.of(STORE).get("composing"))


# -- what is kept of a recorded shopper ----------------------------------------------------------------------------


def what_is_kept(person: Person) -> None:
    """Of a recorded shopper: how to stop following them, and how to forget them. Both ask twice."""
    frame.section("What is kept of them", f"Shopper {personas.short(personas.shopper())}")
    if person.shopper.personal:
        states.said(
            "Acts, wishes and sizes under a scrambled id; no name, no address. A shopper may ask not to be followed, "
            "or to be forgotten."
        )
    else:
        states.said("Nothing new is recorded of them, and no list is made of what was.")
    with st.container(horizontal=True, gap="small", key="kept-of-them"):
        if person.shopper.personal:
            with st.popover("Stop following", icon=":material/visibility_off:", key="opt-out"), st.container(width=290):
                st.markdown("From now on nothing they do is recorded, and no list is made for them from what was.")
                st.button("Stop following this shopper", key="opt-out-now", type="primary", width="stretch",
                          on_click=_stop)  # fmt: skip
        with st.popover("Forget", icon=":material/delete:", key="forget"), st.container(width=290):
            st.markdown("All that is kept of them is removed, down to the bytes on disk. This cannot be taken back.")
            sure = st.checkbox("I am sure", key="forget-sure")
            st.button("Forget this shopper", key="forget-now", type="primary", width="stretch", disabled=not sure,
                      on_click=_forget)  # fmt: skip


def _stop() -> None:
    def step(shop: Shop, id: str) -> tuple[dict[str, Any], str]:
        shop.events.opt_out(id, engine.now())
        return {}, "They are not followed any more."

    _at_their_wish("shopper opt-out", step)


def _forget() -> None:
    if not st.session_state.get("forget-sure"):
        return

    def step(shop: Shop, id: str) -> tuple[dict[str, Any], str]:
        done = shop.events.forget(id, engine.now())
        return {"events": done.events}, f"They are forgotten. Lists made from now on know nothing of them. {done.text}"

    if _at_their_wish("shopper forgotten", step):
        personas.close()


def _at_their_wish(action: str, step: Callable[[Shop, str], tuple[dict[str, Any], str]]) -> bool:
    """Do what a shopper asked for, under the name of who is here; the note in the audit says nothing of whom.

    step: gives what stands in the audit, and what is said on the page.
    """
    try:
        who, shop = engine.who(), engine.shop()
        detail, said = step(shop, personas.shopper())
        shop.studio.audit(who, engine.now(), action, detail)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return False
    st.session_state[SAID] = (said, "")
    st.session_state["kit:again"] = True
    return True


# -- the page ------------------------------------------------------------------------------------------------------


def take_address() -> None:
    came = address.arrived(PAGE)
    if came is None:
        return
    try:
        personas.take(came)
    except ShopError as error:
        personas.close()
        st.session_state[SAID] = (error.message, "warn")


def beside() -> None:
    st.button("Compose one", key="compose-one", icon=":material/add:", on_click=_compose)


def _compose() -> None:
    personas.compose()
    hybrid.reset()


frame.go()
st.session_state.pop("kit:again", None)  # all of it is drawn anew
take_address()
frame.heading(
    "Shoppers",
    "Who a shopper is to the shop, and what they would see. Let them do something, and watch the list change."
    if personas.kind() else "See the shop with other eyes: a persona, a recorded shopper, or one you compose.",
    guide=(
        "Personas are invented out of your catalogue. Recorded shoppers are a scrambled id and what their acts say.",
        "The plus on a card lets them look at it, buy it, send it back; the list is made anew, and marks what moved.",
        "Each product says which interest it comes from, under “Why”, and below it what the shopper may read.",
        "Content, Behaviour and Trend are shares. Trying means only you see it; a draft goes live when you publish it.",
        "Nothing done here is an event of the shop. The address holds who they are, what they did here, and where.",
    ),
    beside=beside,
)  # fmt: skip
if personas.kind():
    one_shopper()
else:
    address.write(PAGE, {})
    shelf()
frame.next_step(
    "Know how your regulars are served? See what somebody gets who comes for the first time.",
    ("The style quiz", "new_arrivals.py", {"mode": "quiz"}),
    ("Tuning", "tuning.py", None),
)
