"""Products on their way: a batch as it came in, with the figures of its rehearsals, and what is kept for its day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from core.demo import samples
from core.domain.arrivals import KIND, Arrival, ready_to_keep
from core.domain.catalogue import State
from core.domain.changes import Key
from core.domain.errors import BadRequest, ShopError
from core.recommend.cold_start import Rehearsal
from pages.kit import cards, engine, frame, held, incoming, parts, rehearsal, states, text, tray

BATCH, SAID = incoming.CAME_IN, "arrivals:said"
KINDS = ("csv", "tsv", "xlsx", "parquet", "zip", *rehearsal.PICTURES)
UPLOAD_MB = 200
REHEARSE = {"act": "rehearse", "label": "Open its rehearsal", "icon": "open"}
TOLD = 12  # findings and refusals shown at once
CHOSEN, PICTURE, TITLE, TYPE, COLOUR, PRICE, PIECES, DAY = (
    "Keep", "Picture", "Title", "Type", "Colour", "Price", "Pieces", "On sale from",
)  # fmt: skip
SHOWN_IN, FIRST, LIKE, LACKS = "Lists", "First three", "Looks like", "Missing"
FIGURES = (SHOWN_IN, FIRST, LIKE, LACKS)


def panel() -> None:
    """The part of New Arrivals that is about many products."""
    frame.once(SAID)
    come_in()
    batch = batch_now()
    if batch:
        told()
        the_batch(batch)
    kept()


# -- what came in ------------------------------------------------------------------------------------------------------


def come_in() -> None:
    """Photos, folders as a zip, a table; or ours to try it with."""
    turn = st.session_state.setdefault("arrivals:turn", 0)
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        dropped = st.file_uploader(
            "Photos, a zip of photos, or a table", type=list(KINDS), accept_multiple_files=True,
            key=f"arrivals:files:{turn}", max_upload_size=UPLOAD_MB,
            help="coat_1.jpg and coat_2.jpg are one product. A table needs a title in each row; an id is made.",
        )  # fmt: skip
    with right, st.container(key="arrivals-capsule", gap="small"):
        st.date_input(
            "The day of the capsule", format="DD/MM/YYYY", min_value=engine.today(),
            max_value=engine.today() + timedelta(days=3 * 366), help="For those that name no day of their own.",
            **held.bound(BATCH, "day", then=_on_that_day),
        )  # fmt: skip
        if samples.photos():
            st.html('<p class="by">Try with ours</p>')
            with st.container(horizontal=True, gap="small", key="arrivals-try"):
                for name, label in OURS.items():
                    st.button(label, key=f"arrivals:try:{name}", on_click=_try, args=(name,))
    if dropped:
        read([(one.name, bytes(one.getbuffer())) for one in dropped])
        st.session_state["arrivals:turn"] = turn + 1
        st.rerun()


def _on_that_day() -> None:
    """The day of the capsule, for those of the batch that have none."""
    day = held.of(BATCH).get("day")
    if isinstance(day, date):
        moment = rehearsal.released(day)
        now = [one if one.release_at else one.changed(release_at=moment) for one in batch_now()]
        _put(now, round=held.of(BATCH).get("round", 0) + 1)


OURS = {"photos": "Six photos", "table": "A table with mistakes", "torn": "A torn picture"}


def _try(name: str) -> None:
    match name:
        case "table":
            read([samples.table(), *samples.photos()])
        case "torn":
            read([samples.torn()])
        case _:
            read(samples.photos())


def read(uploads: Sequence[tuple[str, bytes]]) -> None:
    """The dry run of what was dropped, as the batch; what cannot be taken is told with its reason."""
    day = held.of(BATCH).get("day")
    bar = st.progress(0.0, text="Reading")
    try:
        plan = engine.shop().plan_arrivals(
            uploads, release_at=rehearsal.released(day) if isinstance(day, date) else None,
            progress=lambda what, done, total: bar.progress(min(1.0, done / max(1, total)), text=what),
        )  # fmt: skip
        engine.shop().take_arrivals(plan)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return
    finally:
        bar.empty()
    taken = incoming.standing()
    there = {one.id: one for one in batch_now()}
    there |= {one.id: one for one in plan.arrivals if one.id not in taken}
    found = [(one.severity, f"{_where(one)}{one.text}{_as_written(one)}") for one in plan.findings]
    found += [("warning", f"{name}: {why}") for name, why in plan.refused]
    found += [("error", f"{one.title or one.id} is on its way already.") for one in plan.arrivals if one.id in taken]
    known = held.of(BATCH)
    held.put(
        BATCH, arrivals=[one.as_json() for one in there.values()], named={**known.get("named", {}), **plan.named},
        found=found, summary=plan.summary(), round=known.get("round", 0) + 1,
    )  # fmt: skip


def _where(finding: Any) -> str:
    return f"Row {finding.row}: " if finding.row else f"{finding.item}: " if finding.item else ""


def _as_written(finding: Any) -> str:
    value = str(finding.value or "")
    return f" It says “{value}”." if value and value not in finding.text else ""


def told() -> None:
    """What was read, and what was not, with the reasons."""
    me = held.of(BATCH)
    if me.get("summary"):
        st.html(f'<p class="answer" role="status">{text.markup(me["summary"])}</p>')
    _findings(me.get("found", ()))


def _findings(found: Sequence[tuple[str, str]]) -> None:
    if not found:
        return
    fold = st.expander(text.plain(f"{text.count(len(found), 'thing')} to know"), expanded=len(found) <= TOLD,
                       key="arrivals-found", type="compact")  # fmt: skip
    with fold:
        order = {"error": 0, "warning": 1}
        first = sorted(found, key=lambda one: order.get(one[0], 2))[:50]
        lines = "".join(
            f"<li><b>{'Left out' if severity == 'error' else 'Note'}</b><span>{text.markup(said)}</span></li>"
            for severity, said in first
        )
        st.html(f'<ul class="findings" aria-label="What is to know">{lines}</ul>')


# -- the batch ---------------------------------------------------------------------------------------------------------


def batch_now() -> list[Arrival]:
    """What has come in and is not kept yet."""
    taken, out = incoming.standing(), []
    for plain in held.of(BATCH).get("arrivals", ()):
        if plain["id"] not in taken:
            out.append(Arrival.from_json(plain))
    return out


def _put(arrivals: Sequence[Arrival], **more: Any) -> None:
    held.put(BATCH, arrivals=[one.as_json() for one in arrivals], **more)


def the_batch(batch: Sequence[Arrival]) -> None:
    frame.section("The batch", text.count(len(batch), "product"))
    gallery(batch)
    edited = table(batch)
    deeds(edited)


def gallery(batch: Sequence[Arrival]) -> None:
    """The batch as cards; each opens its rehearsal."""
    figures = held.of(BATCH).get("figures", {})

    def act() -> None:
        sent = parts.event("arrivals:gallery")
        for one in batch_now():
            if one.id == sent.get("id"):
                rehearsal.begin(one, batch=True)
                held.put(incoming.PAGE, mode=incoming.REHEARSAL)

    parts.rail([_card(one, figures.get(one.id)) for one in batch], key="arrivals:gallery", label="The batch",
               size="small", stay=True, on_action=act)  # fmt: skip


def _card(one: Arrival, figures: Mapping[str, Any] | None) -> dict[str, Any]:
    bare = replace(one.item(), pictures=(), stock=None, release_at=None)
    note = f"In {text.count(figures['lists'], 'list')}" if figures else "Not rehearsed yet"
    badges = [["accent", "Like one you sell"]] if figures and figures["like"] else []
    return {
        **cards.card(bare, at=engine.moment(), tools=(REHEARSE,)), "href": "", "badges": badges, "note": note,
        "image": incoming.url(one.pictures[0]) if one.pictures else "",
    }  # fmt: skip


def table(batch: Sequence[Arrival]) -> list[tuple[Arrival, bool]]:
    """The batch as a table to edit; each product as it is then, and whether it is chosen."""
    me = held.of(BATCH)
    figures = me.get("figures", {})
    unit = rehearsal.unit()
    rows = pd.DataFrame(
        [
            {
                CHOSEN: True, PICTURE: incoming.url(one.pictures[0]) if one.pictures else None, TITLE: one.title,
                TYPE: one.type, COLOUR: ", ".join(one.colour), PRICE: None if one.price is None else one.price / unit,
                PIECES: rehearsal.said_stock(one.stock),
                DAY: one.release_at.astimezone(engine.zone()).date() if one.release_at else None,
                **_figures(one, figures.get(one.id)),
            }
            for one in batch
        ]
    ).astype({PRICE: "float64"})  # fmt: skip
    rows[DAY] = pd.to_datetime(rows[DAY])
    column = st.column_config
    edited = st.data_editor(
        rows, hide_index=True, num_rows="fixed", width="stretch", disabled=[PICTURE, *FIGURES],
        key=f"arrivals:table:{me.get('round', 0)}", placeholder="–", row_height=56, alt="The batch, to edit",
        column_config={
            CHOSEN: column.CheckboxColumn(width="small"),
            PICTURE: column.ImageColumn(width="small"),
            TITLE: column.TextColumn(max_chars=200, width="large"),
            TYPE: column.TextColumn(max_chars=200),
            COLOUR: column.TextColumn(max_chars=200),
            PRICE: column.NumberColumn(min_value=0.0, max_value=1e9, format="%g"),
            PIECES: column.TextColumn(max_chars=200, help=rehearsal.PIECES),
            DAY: column.DateColumn(format="DD/MM/YYYY", min_value=engine.today()),
            SHOWN_IN: column.NumberColumn(help="Lists that would show it"),
            FIRST: column.NumberColumn(help="Of them, lists with it among the first three"),
            LIKE: column.TextColumn(help="Something you sell that it may be the same as"),
            LACKS: column.TextColumn(help="What is not known of it; what matters most comes first"),
        },
    )  # fmt: skip
    out = []
    for one, row in zip(batch, edited.to_dict("records"), strict=True):
        try:
            out.append((_changed(one, row, unit), bool(row[CHOSEN])))
        except BadRequest as error:
            states.said(f"{one.title or one.id}: {error.message}", "warn")
            out.append((one, False))
    return out


def _figures(one: Arrival, known: Mapping[str, Any] | None) -> dict[str, Any]:
    if known is None:
        return {SHOWN_IN: None, FIRST: None, LIKE: None, LACKS: None}
    return {SHOWN_IN: known["lists"], FIRST: known["first"], LIKE: known["like"], LACKS: known["lacks"]}


def _changed(one: Arrival, row: Mapping[str, Any], unit: int) -> Arrival:
    """The arrival as its row says; what the row does not hold stays. Raises BadRequest."""
    price, day = row[PRICE], row[DAY]
    known = not (price is None or pd.isna(price))
    released = None if day is None or pd.isna(day) else pd.Timestamp(day).date()
    same = one.release_at is not None and one.release_at.astimezone(engine.zone()).date() == released
    colours = tuple(part.strip() for part in _words(row[COLOUR]).split(",") if part.strip())
    return one.changed(
        title=_words(row[TITLE]), type=_words(row[TYPE]) or None,
        colour=colours, price=round(float(price) * unit) if known else None,
        currency=(one.currency or engine.currency()) if known else one.currency,
        stock=rehearsal.read_stock(_words(row[PIECES])),
        release_at=one.release_at if same else rehearsal.released(released) if released else None,
    )  # fmt: skip


def _words(cell: Any) -> str:
    """A cell of words on one line; "" for an empty one, however pandas writes that."""
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def deeds(edited: Sequence[tuple[Arrival, bool]]) -> None:
    """Rehearse all of them, keep those that are chosen, or let the batch go."""
    chosen = [one for one, on in edited if on]
    figures = held.of(BATCH).get("figures", {})
    left = sum(figures.get(one.id, {}).get("mark") != _mark(one) for one, _ in edited)
    with st.container(key="arrivals-deeds", horizontal=True, gap="small", vertical_alignment="center"):
        go = st.button(_to_rehearse(left, len(edited)), key="arrivals:rehearse", disabled=not left,
                       type="primary", icon=":material/theater_comedy:")  # fmt: skip
        with st.popover(f"Keep {text.count(len(chosen))}", icon=":material/lock_clock:", key="arrivals-keep",
                        disabled=not chosen), st.container(width=300):  # fmt: skip
            frame.why("arrivals:why", "Spring capsule")
            st.caption("They join the catalogue now and stay hidden, each until its day.")
            st.button("Keep them, hidden until their day", key="arrivals:keep", type="primary", on_click=_keep,
                      args=(chosen, False))  # fmt: skip
        st.button("Into my draft", key="arrivals:draft", disabled=not chosen, on_click=_keep, args=(chosen, True))
        st.button("Clear the batch", key="arrivals:clear", type="tertiary", on_click=_clear)
    if go:
        rehearse_all([one for one, _ in edited])
        st.rerun()


def _to_rehearse(left: int, all_: int) -> str:
    return "All are rehearsed" if not left else "Rehearse all" if left == all_ else f"Rehearse {left} more"


def _mark(one: Arrival) -> str:
    """What a rehearsal depends on of it."""
    return str(replace(one, release_at=None, note="", stock=None).as_json())


def rehearse_all(arrivals: Sequence[Arrival]) -> None:
    """Suggest what is not known of each, rehearse it, and note its figures in the table. One that fails says so."""
    figures, out, wrong = dict(held.of(BATCH).get("figures", {})), [], []
    bar = st.progress(0.0, text="Rehearsing")
    for number, one in enumerate(arrivals):
        said = f"{one.title or 'Untitled'}, {number + 1} of {len(arrivals)}"
        bar.progress(number / len(arrivals), text=text.plain(said))
        try:
            if figures.get(one.id, {}).get("mark") != _mark(one):
                one = filled(one)
                figures[one.id] = {**noted(incoming.rehearsed(one)), "mark": _mark(one)}
        except ShopError as error:
            wrong.append(f"{one.title or one.id}: {error.message}")
        out.append(one)
    bar.empty()
    _put(out, figures=figures, round=held.of(BATCH).get("round", 0) + 1)
    if wrong:
        st.session_state[SAID] = (" ".join(wrong), "warn")


def filled(one: Arrival) -> Arrival:
    """With what its pictures and title fairly surely say, where nothing is known."""
    known = engine.shop().suggest(one.pictures, one.title, engine.at()).values(incoming.SURE)
    return one.changed(**{name: value for name, value in known.items() if not getattr(one, name)})


def noted(found: Rehearsal) -> dict[str, Any]:
    """The figures of a rehearsal that the table shows."""
    catalogue = found.view.catalogue
    near = [text.title(catalogue.item(one.id)) for one in found.near if one.id in catalogue]
    lacks = ", ".join(text.field_name(one.field).lower() for one in found.missing[:4])
    return {
        "lists": len(found.shown), "first": sum(one.place <= 3 for one in found.shown),
        "like": near[0] if near else "", "lacks": lacks,
    }  # fmt: skip


def _keep(chosen: Sequence[Arrival], draft: bool) -> None:
    many = text.count(len(chosen), "arrival")
    try:
        for one in chosen:
            ready_to_keep(one)
        if draft:
            _into_draft(chosen)
            said = f"{many} in your draft. Publish it and they join, hidden until their day."
        else:
            joins = incoming.publish(chosen, str(st.session_state.get("arrivals:why") or "").strip())
            said = f"{many} kept. {joins}".strip()
            st.session_state["arrivals:why"] = ""
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return
    _put([one for one in batch_now() if one.id not in {kept.id for kept in chosen}],
         round=held.of(BATCH).get("round", 0) + 1, found=(), summary="")  # fmt: skip
    st.session_state[SAID] = (said,)


def _into_draft(chosen: Sequence[Arrival]) -> None:
    engine.who()
    desk = tray.desk()
    assert desk is not None
    desk.edit_all([(Key(KIND, one.id), one.as_json(), f"{one.title} arrives") for one in chosen], at=engine.now())


def _clear() -> None:
    held.keep(BATCH, {"day": held.of(BATCH).get("day"), "round": held.of(BATCH).get("round", 0) + 1})


# -- what is kept ------------------------------------------------------------------------------------------------------


def kept() -> None:
    """What waits for its day: in the draft, or published and hidden; each can be taken back."""
    standing, leaving = incoming.standing(), incoming.leaving()
    if not standing and not leaving:
        if not batch_now():
            states.empty(
                "Nothing is on its way",
                "Drop a capsule here: photos, a zip, or a table with a row for each product. Nothing is kept before "
                "you say so.",
            )  # fmt: skip
            _findings(held.of(BATCH).get("found", ()))
        return
    state_of = {one.arrival.id: one.state for one in engine.shop().arrivals(engine.at())}
    frame.section("On their way", text.count(len(standing) + len(leaving), "product"))
    arrivals = sorted(
        ((Arrival.from_json(plain), live) for plain, live in standing.values()),
        key=lambda pair: (pair[0].release_at is None, pair[0].release_at, pair[0].id),
    )
    for one, live in arrivals:
        _kept(one, live, state_of.get(one.id))
    for id, plain in sorted(leaving.items()):
        _kept(Arrival.from_json(plain), False, state_of.get(id), leaves=True)


def _kept(one: Arrival, live: bool, state: State | None, *, leaves: bool = False) -> None:
    mark = f"{abs(hash(one.id)) % 10**8}"
    badge, tone = ("Leaves with your draft", "draft") if leaves else said_state(one, live, state)
    shot = incoming.url(one.pictures[0]) if one.pictures else ""
    initial = text.markup((one.brand or one.title or one.id)[:1].upper())
    picture = f'<img src="{text.markup(shot)}" alt="">' if shot else f'<span aria-hidden="true">{initial}</span>'
    facts = [one.type, text.money(one.price, one.currency), text.stock(one.stock) if one.stock is not None else ""]
    with st.container(key=f"coming-{mark}", horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute", gap="small"):  # fmt: skip
        st.html(
            f'<div class="anchor small"><div class="portrait">{picture}</div><div>'
            f'<p class="anchor-title">{text.markup(one.title)}</p>'
            f'<p class="aside">{text.markup(" · ".join(fact for fact in facts if fact))}</p></div></div>',
            width="stretch",
        )
        st.html(f'<span class="state {tone}">{text.markup(badge)}</span>', width="content")
        if state is not None:
            st.page_link("product.py", label="Open", query_params={"item": one.id})
        if not live:
            st.button("Leave it in" if leaves else "Leave it out", key=f"arrivals:leave:{one.id}", type="tertiary",
                      on_click=_leave, args=(one.id,))  # fmt: skip
            return
        with st.popover("Take it back", key=f"back-{mark}", type="tertiary"), st.container(width=300):
            frame.why(f"arrivals:back:{one.id}")
            st.caption("It leaves the catalogue now, or when you publish your draft.")
            st.button("Take it back", key=f"arrivals:remove:{one.id}", type="primary", on_click=_take_back,
                      args=(one.id, one.title))  # fmt: skip
            st.button("Into my draft", key=f"arrivals:remove-later:{one.id}", on_click=_take_back_later,
                      args=(one.id, one.title))  # fmt: skip


def said_state(one: Arrival, live: bool, state: State | None) -> tuple[str, str]:
    """How an arrival stands, in a word or two, and the tone of that."""
    day = text.short_day(one.release_at, engine.zone()) if one.release_at else ""
    if not live:
        return "In your draft", "draft"
    if state is None:
        return "Joining", "trying"
    if state is State.EMBARGOED:
        return f"Hidden until {day}", "draft"
    return text.STATE_NAMES[state], "live" if state is State.LIVE else ""


def _leave(id: str) -> None:
    """Out of the draft again."""
    desk = tray.desk()
    if desk is None:
        return
    try:
        desk.take_theirs(Key(KIND, id), engine.now())
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")


def _take_back_later(id: str, title: str) -> None:
    try:
        incoming.take_back_in_draft(id)
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return
    st.session_state[SAID] = (f"{title} leaves again when you publish your draft.",)


def _take_back(id: str, title: str) -> None:
    try:
        joins = incoming.take_back(id, str(st.session_state.get(f"arrivals:back:{id}") or "").strip())
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return
    st.session_state[SAID] = (f"{title} is taken back. {joins.replace('joins', 'leaves')}".strip(),)
