"""The rehearsal of a launch: photos and a title at the left, what the shop would make of it at the right.

What a photo seems to show is taken up where that is fairly sure, and is the merchandiser's as soon as a field is
touched. Nothing is written before it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.demo import samples
from core.domain.arrivals import KIND, MOST_PICTURES, Arrival, fresh_id, ready_to_keep
from core.domain.catalogue import AUDIENCES
from core.domain.changes import Key
from core.domain.errors import BadRequest, ShopError
from core.intake.arrivals import title_of
from core.recommend.suggest import MANY, Guess, Suggested
from pages.kit import drafting, engine, frame, held, incoming, launch, parts, states, text

ONE, SAID, UNKEPT, KNOWN = "arrival:one", "arrival:said", "arrival:unkept", "arrival:suggested"
DONE = "arrival:done"  # what was kept last, until the next one begins
ABOUT = ("type", "category", "colour", "material", "pattern", "audience", "occasion")
PICTURES = ("webp", "jpg", "jpeg", "png", "avif", "gif", "bmp", "tif", "tiff", "heic")
PICTURE_MB = 20
REMOVE = {"act": "remove", "label": "Leave this picture out", "icon": "remove"}
FIRST = {"act": "first", "label": "Make it the main picture", "icon": "choose"}
TRY = {"act": "try", "label": "Rehearse this one", "icon": "plus"}
CARD = 4 / 5  # width to height of a card
PIECES = "12, or S=2, M=4"


def panel() -> None:
    """The part of New Arrivals that is about one product."""
    if not started() and (done := st.session_state.get(DONE)):
        st.html(f'<p class="answer" role="status">{text.markup(done)}</p>')
    left, right = st.columns([1, 2.5], gap="large")
    with left, st.container(key="arrival", gap="small"):
        frame.once(SAID)
        photos()
        title()
        known = suggested() if started() else None
        if known is not None:
            about(known)
            more()
            to_keep()
    with right, st.container(key="rehearsal"):
        if known is None:
            nothing_yet()
        else:
            launch.show(arrival(known), lambda price: held.put(ONE, price=price / unit()))


def started() -> bool:
    me = held.of(ONE)
    return bool(me.get("pictures") or str(me.get("title") or "").strip())


def begin(arrival: Arrival | None = None, *, batch: bool = False) -> None:
    """Rehearse this one, or begin with nothing. batch: it is one of those that came in together."""
    for key in (KNOWN, launch.MADE, DONE):
        st.session_state.pop(key, None)
    if arrival is None:
        held.keep(ONE, {})
        return
    plain = arrival.as_json()
    given = {name: plain[name] for name in ABOUT if name in plain}
    rest = {name: value for name, value in plain.items() if name not in (*ABOUT, "release_at", "price", "stock")}
    held.keep(ONE, {
        **rest, "given": given,
        "day": arrival.release_at.astimezone(engine.zone()).date() if arrival.release_at else None,
        "price": None if arrival.price is None else arrival.price / unit(),
        "stock": said_stock(arrival.stock), "batch": batch,
    })  # fmt: skip


# -- what came in ------------------------------------------------------------------------------------------------------


def photos() -> None:
    """Drop or take photos; what is taken in stands below, the main one first."""
    turn = st.session_state.setdefault("arrival:turn", 0)
    dropped = st.file_uploader(
        "Photos of one product", type=list(PICTURES), accept_multiple_files=True, key=f"arrival:photos:{turn}",
        max_upload_size=PICTURE_MB,
        help="They are drawn anew before anything is done with them; what the camera noted, the place too, is dropped.",
    )  # fmt: skip
    shot = None
    camera = st.popover("Take a photo", icon=":material/photo_camera:", key="arrival-camera", type="tertiary",
                        on_change="rerun")  # fmt: skip
    if camera.open:
        with camera:
            shot = st.camera_input("Take a photo", key=f"arrival:camera:{turn}", label_visibility="collapsed")
    files = [*(dropped or ()), *([shot] if shot is not None else [])]
    if files:
        take_in([(one.name, bytes(one.getbuffer())) for one in files])
        st.session_state["arrival:turn"] = turn + 1
        st.rerun()
    keys = [key for key in held.of(ONE).get("pictures", ()) if incoming.url(key)]
    if keys:
        _portraits(keys)


def take_in(uploads: Sequence[tuple[str, bytes]]) -> None:
    """Add pictures to the product; those that cannot be opened are said, with the reason."""
    with st.spinner("Opening the pictures"):
        try:
            taken = engine.shop().take_pictures([data for _, data in uploads])
        except ShopError as error:
            st.session_state[SAID] = (error.message, "warn")
            return
    me = held.of(ONE)
    said = [f"{name}: {why}" for (name, _), (key, why) in zip(uploads, taken, strict=True) if not key]
    keys = list(dict.fromkeys([*me.get("pictures", ()), *(key for key, _ in taken if key)]))
    if len(keys) > MOST_PICTURES:
        said.append(f"A product has at most {MOST_PICTURES} pictures; the first ones are kept.")
    if not str(me.get("title") or "").strip():
        names = (title_of(name.rsplit(".", 1)[0]) for (name, _), (key, _) in zip(uploads, taken, strict=True) if key)
        me["title"] = next((one for one in names if one), "")
    held.keep(ONE, {**me, "pictures": keys[:MOST_PICTURES]})
    if said:
        st.session_state[SAID] = (" ".join(said), "warn")


def _portraits(keys: Sequence[str]) -> None:
    """The main picture as a card will show it, with what a card cuts off, and the others beneath."""
    st.html(
        f'<div class="portrait incoming"><img src="{text.markup(incoming.url(keys[0]))}" alt="The main picture, as a '
        'card shows it"></div>'
    )
    if said := _cut(incoming.size(keys[0])):
        states.said(said)

    def act() -> None:
        sent = parts.event("arrival:pictures")
        now = list(held.of(ONE).get("pictures", ()))
        if (id := sent.get("id")) not in now:
            return
        now.remove(id)
        held.put(ONE, pictures=[id, *now] if sent.get("type") == FIRST["act"] else now)

    if len(keys) == 1:
        st.button("Leave this picture out", key="arrival:leave", type="tertiary", icon=":material/close:",
                  on_click=lambda: held.put(ONE, pictures=[]))  # fmt: skip
        return
    made = [
        {
            "id": key, "href": "", "open": f"Picture {number}", "brand": "", "title": f"Picture {number}",
            "initial": "", "image": incoming.url(key), "alt": f"Picture {number}", "price": "", "was": "",
            "badges": [["dark", "Main"]] if number == 1 and len(keys) > 1 else [], "dim": False,
            "tools": [REMOVE] if number == 1 else [FIRST, REMOVE], "place": None, "note": "",
        }
        for number, key in enumerate(keys, 1)
    ]  # fmt: skip
    parts.rail(made, key="arrival:pictures", label="Pictures of the new product", size="small", stay=True,
               on_action=act)  # fmt: skip


def _cut(size: tuple[int, int] | None) -> str:
    """What a card of 4 to 5 leaves out of a picture; "" where that is next to nothing."""
    if size is None or not all(size):
        return ""
    shape = size[0] / size[1]
    lost = 1 - min(shape, CARD) / max(shape, CARD)
    if lost < 0.06:
        return ""
    where = "at its sides" if shape > CARD else "above and below"
    return f"Cards are four by five: about {round(100 * lost)}{text.NBSP}% of this picture is cut off {where}."


def title() -> None:
    st.text_input("Title", placeholder="What would the shop call it?", max_chars=200, **held.bound(ONE, "title", ""))


def nothing_yet() -> None:
    """What this is for, and six photos to try it with."""
    states.empty(
        "Drop a photo, or write a title",
        "Nothing else is needed. You see what it is taken for, what it would stand beside, whom it would displace, "
        "what its neighbours cost and which looks it completes, before anybody else sees it.",
    )  # fmt: skip
    photos_ = samples.photos()
    if not photos_:
        return
    frame.section("Try with ours", "Six photos of another boutique, drawn by us")

    def chosen() -> None:
        sent = parts.event("arrival:samples")
        names = dict(samples.photos())
        if sent.get("id") in names:
            begin()
            take_in([(str(sent["id"]), names[str(sent["id"])])])

    parts.rail(
        [_sample(name, data) for name, data in photos_], key="arrival:samples", label="Try with ours", layout="grid",
        stay=True, on_action=chosen,
    )  # fmt: skip


def _sample(name: str, data: bytes) -> dict[str, Any]:
    import base64

    said = name.rsplit(".", 1)[0].replace("-", " ").capitalize()
    return {
        "id": name, "href": "", "open": f"Rehearse {said}", "brand": "", "title": said, "initial": "", "alt": said,
        "image": f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}", "price": "", "was": "",
        "badges": [], "dim": False, "tools": [TRY], "place": None, "note": "",
    }  # fmt: skip


# -- what it is --------------------------------------------------------------------------------------------------------


def suggested() -> Suggested:
    """What its pictures and its title say; asked anew when either changes. Without an encoder nothing is suggested."""
    me = held.of(ONE)
    mark = (tuple(me.get("pictures", ())), str(me.get("title") or ""), engine.shop().snapshot.id)
    kept = st.session_state.get(KNOWN)
    if kept is not None and kept[0] == mark:
        return kept[1]
    with st.spinner("Looking at it"):
        try:
            found = engine.shop().suggest(mark[0], mark[1], engine.at())
        except ShopError as error:
            states.said(f"Nothing can be suggested now. {error.message}", "warn")
            return Suggested()
    st.session_state[KNOWN] = (mark, found)
    return found


def taken_up(known: Suggested) -> dict[str, Any]:
    """Field -> what counts: what the merchandiser said, else a suggestion that is fairly sure."""
    given = dict(held.of(ONE).get("given", {}))
    sure = known.values(incoming.SURE)
    if "type" in given and "category" not in given:  # where this shop keeps that type
        kept = _paths(given["type"])
        sure["category"] = kept[0] if kept else ()
    return {**sure, **given}


def about(known: Suggested) -> None:
    """One field for each thing that can be suggested, with how sure that is."""
    frame.section("What it is", "Correct what is wrong")
    now = taken_up(known)
    given = held.of(ONE).get("given", {})
    for name in ABOUT:
        guesses = known.fields.get(name, ())
        _field(name, guesses, now.get(name))
        st.html(_how_sure(name, guesses, given))


def _field(name: str, guesses: Sequence[Guess], value: Any) -> None:
    key = f"{ONE}:{name}"
    many = name in MANY and name != "category"
    offered = [_word(name, guess.value) for guess in guesses]
    options = list(dict.fromkeys([*offered, *_values(name)]))
    share = {_word(name, guess.value): guess.confidence for guess in guesses}

    def shown(one: str) -> str:
        said = text.plain(text.value_name(name, one) if name != "category" else one)
        return f"{said} · {text.per_cent(share[one])}" if one in share else said

    def write() -> None:
        said = st.session_state.get(key)
        given = dict(held.of(ONE).get("given", {}))
        given[name] = _taken(name, said)
        held.put(ONE, given=given)

    if many:
        st.session_state[key] = list(value or ())
        options += [one for one in value or () if one not in options]
        st.multiselect(text.field_name(name), options, format_func=shown, key=key, on_change=write,
                       accept_new_options=True, placeholder="Not known", max_selections=8)  # fmt: skip
        return
    word = _word(name, value) if value else None
    if word and word not in options:
        options.append(word)
    st.session_state[key] = word
    st.selectbox(text.field_name(name), options, index=None, format_func=shown, key=key, on_change=write,
                 accept_new_options=name not in ("audience", "category"), placeholder="Not known")  # fmt: skip


def _word(name: str, value: Any) -> str:
    """A guess as one option of a field: a category is its path."""
    return " › ".join(value) if isinstance(value, tuple | list) and name == "category" else str(value)


def _taken(name: str, said: Any) -> Any:
    """What a control says, as an arrival holds it: empty is known to be unknown."""
    if name == "category":
        return tuple(str(said).split(" › ")) if said else ()
    if name in MANY:
        return tuple(" ".join(str(one).split())[:200] for one in said or () if str(one).strip())
    return " ".join(str(said).split())[:200] or None if said else None


def _values(name: str) -> list[str]:
    """The shop's own values of a field, the most frequent first."""
    if name == "audience":
        return list(AUDIENCES)
    if name == "category":
        return [" › ".join(path) for path in _paths()]
    return list(engine.facets().get(name, {}))[:300]


def _paths(kind: str | None = None) -> list[tuple[str, ...]]:
    """Where this shop keeps its products, or those of one type, the fullest places first."""
    known = engine.shop().catalogue()
    both = zip(known.column("category"), known.column("type"), strict=True)
    found = Counter(tuple(path) for path, type_ in both if path and kind in (None, type_))
    return [path for path, _ in found.most_common(300)]


def _how_sure(name: str, guesses: Sequence[Guess], given: Mapping[str, Any]) -> str:
    """A line under a field: who says so and how surely."""
    if not guesses:
        return '<p class="guess">Nothing is suggested.</p>' if name not in given else '<p class="guess">Yours.</p>'
    best = guesses[0]
    named = text.markup(text.value_name(name, _word(name, best.value)) if name != "category" else best.value[-1])
    if name in given:
        mine = given[name]
        same = best.value in mine if isinstance(mine, tuple | list) and name != "category" else best.value == mine
        return '<p class="guess">Yours.</p>' if same else f'<p class="guess">Yours; it looked like {named}.</p>'
    width = f"{100 * best.confidence:.0f}%"
    meter = f'<span class="meter" aria-hidden="true"><i style="width:{width}"></i></span>'
    if best.confidence >= incoming.SURE:
        by = "its title says so" if best.said else "by its picture" if best.words is not None else "by what is like it"
        return f'<p class="guess">{meter}{text.per_cent(best.confidence)} sure, {by}</p>'
    return f'<p class="guess">{meter}Not sure: perhaps {named}</p>'


def more() -> None:
    """What is seldom needed."""
    with st.expander("Description, house and more", key="arrival-more", type="compact"):
        st.text_area("Description", max_chars=20_000, **held.bound(ONE, "description", ""))
        houses = list(engine.facets().get("brand", {}))
        bound = held.bound(ONE, "brand")
        now = st.session_state[bound["key"]]
        st.selectbox("House", [*houses, *([now] if now and now not in houses else [])], index=None,
                     accept_new_options=True, placeholder="Not known", format_func=text.plain, **bound)  # fmt: skip
        seasons = list(engine.facets().get("season", {}))
        bound = held.bound(ONE, "season", [])
        st.session_state[bound["key"]] = [one for one in st.session_state[bound["key"]] or () if one in seasons]
        if seasons:
            st.multiselect("Season", seasons, placeholder="Not known",
                           format_func=lambda one: text.plain(text.value_name("season", one)), **bound)  # fmt: skip
        st.text_input("Collection", max_chars=200, **held.bound(ONE, "collection", ""))
        st.text_input("Id", max_chars=120, placeholder=_id(held.of(ONE)), help="Empty: one is made.",
                      **held.bound(ONE, "own_id", ""))  # fmt: skip
        st.text_input("Note for colleagues", max_chars=2000, **held.bound(ONE, "note", ""))


# -- the arrival that all of it comes to -------------------------------------------------------------------------------


def _id(me: Mapping[str, Any]) -> str:
    """The id it goes by: its own, else one of what is known of it."""
    own = str(me.get("own_id") or me.get("id") or "").strip()
    return own or fresh_id([*me.get("pictures", ()), str(me.get("title") or "")])


def arrival(known: Suggested) -> Arrival:
    """All that is said and taken up. Raises BadRequest for a value that makes no sense."""
    me = held.of(ONE)
    word = {name: str(me.get(name) or "").strip() or None for name in ("description", "brand", "collection")}
    price, day = me.get("price"), me.get("day")
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in taken_up(known).items()}
    return Arrival(
        id=_id(me), title=" ".join(str(me.get("title") or "").split()), pictures=tuple(me.get("pictures", ())),
        note=str(me.get("note") or ""), season=tuple(me.get("season") or ()), brand_tier=_tier(word["brand"]),
        price=None if price is None else round(price * unit()), currency=None if price is None else engine.currency(),
        stock=read_stock(str(me.get("stock") or "")),
        release_at=released(day) if isinstance(day, date) else None, **word, **fields,
    )  # fmt: skip


def released(day: date) -> datetime:
    """The first moment of a day in the shop's time zone, as UTC."""
    return datetime.combine(day, time.min, tzinfo=engine.zone()).astimezone(UTC)


def _tier(brand: str | None) -> int | None:
    """The tier of a house that the shop has already."""
    if not brand:
        return None
    frame_ = engine.shop().catalogue().frame
    tiers = frame_["brand_tier"][frame_["brand"] == brand].dropna()
    return int(tiers.mode().iloc[0]) if len(tiers) else None


def unit() -> int:
    return 10 ** text.MINOR_DIGITS.get(engine.currency() or "", 2)


def read_stock(said: str) -> dict[str, int] | None:
    """Pieces, as one number or by size; None where nothing is said. Raises BadRequest.

    >>> read_stock("12"), read_stock("S=2, M = 4"), read_stock(" ")
    ({'': 12}, {'S': 2, 'M': 4}, None)
    """
    parts_ = [part.strip() for part in said.replace(";", ",").replace("|", ",").split(",") if part.strip()]
    if not parts_:
        return None
    out: dict[str, int] = {}
    for part in parts_:
        size, equals, number = part.rpartition("=")
        if not number.strip().isdecimal() or (not equals and len(parts_) > 1) or len(number.strip()) > 9:
            raise BadRequest(f"“{part[:40]}” is no stock. Write a number of pieces, or them by size: {PIECES[7:]}.")
        out[size.strip()] = int(number)
    return out


def said_stock(stock: Mapping[str, int] | None) -> str:
    if stock is None:
        return ""
    there = sorted(stock.items(), key=lambda pair: text.size_order(pair[0]))
    return ", ".join(f"{size}={left}" if size else str(left) for size, left in there)


# -- keeping it --------------------------------------------------------------------------------------------------------


def to_keep() -> None:
    """From when, how many, at what price; into the draft, or at once."""
    frame.section("Keep it", "Nobody sees it before its day")
    st.date_input("On sale from", format="DD/MM/YYYY", min_value=engine.today(),
                  max_value=engine.today() + timedelta(days=3 * 366), **_day())  # fmt: skip
    money = engine.currency() or ""
    st.number_input(f"Price{f' in {money}' if money else ''}", min_value=0.0, max_value=1e9, step=10.0, format="%g",
                    placeholder="Not known", **held.bound(ONE, "price"))  # fmt: skip
    st.text_input("Pieces", placeholder=PIECES, max_chars=400, **held.bound(ONE, "stock", ""))
    if said := st.session_state.pop(UNKEPT, None):
        states.said(said, "warn")
    with st.container(key="arrival-keep", horizontal=True, gap="small"):
        now = st.popover("Keep it", icon=":material/lock_clock:", key="keep-now", type="primary")
        with now, st.container(width=300):
            frame.why("arrival:why", "Spring drop")
            st.caption("It joins the catalogue now and stays hidden until its day.")
            st.button("Keep it, hidden until its day", key="arrival:keep", type="primary", on_click=_keep_now)
        st.button("Into my draft", key="arrival:draft", on_click=_into_draft)
        if held.of(ONE).get("batch"):
            st.button("Back to the batch", key="arrival:back", type="tertiary", on_click=_back)
        else:
            st.button("Begin anew", key="arrival:anew", type="tertiary", on_click=begin)


def _day() -> dict[str, Any]:
    bound = held.bound(ONE, "day")
    kept = st.session_state[bound["key"]]
    if isinstance(kept, date) and kept < engine.today():
        st.session_state[bound["key"]] = engine.today()
    return bound


def _whole() -> Arrival:
    kept = st.session_state.get(KNOWN)
    one = arrival(kept[1] if kept is not None else Suggested())
    ready_to_keep(one)
    if one.id in engine.shop().catalogue():
        raise BadRequest(f"There is a product with the id {one.id!r} already. Give this one another.")
    return one


def _back() -> None:
    """Put it back, as it is now, among those that it came in with."""
    kept = st.session_state.get(KNOWN)
    try:
        one = arrival(kept[1] if kept is not None else Suggested())
    except ShopError as error:
        st.session_state[UNKEPT] = error.message
        return
    batch = held.of(incoming.CAME_IN)
    others = [one.as_json() if plain["id"] == one.id else plain for plain in batch.get("arrivals", ())]
    held.put(incoming.CAME_IN, arrivals=others, round=batch.get("round", 0) + 1)
    held.put(incoming.PAGE, mode=incoming.BATCH)
    begin()


def _into_draft() -> None:
    try:
        one = _whole()
        drafting.keep(Key(KIND, one.id), one.as_json())
    except ShopError as error:
        st.session_state[UNKEPT] = error.message
        return
    begin()
    st.session_state[DONE] = f"{one.title} lies in your draft. Publish the draft and it joins, hidden until its day."


def _keep_now() -> None:
    try:
        one = _whole()
        said = incoming.publish([one], str(st.session_state.get("arrival:why") or "").strip())
    except ShopError as error:
        st.session_state[UNKEPT] = error.message
        return
    day = text.short_day(one.release_at, engine.zone()) if one.release_at else ""
    begin()
    st.session_state["arrival:why"] = ""
    st.session_state[DONE] = f"{one.title} is kept. Shoppers see it from {day}. {said}".strip()
