"""Campaigns: what runs, what is coming; each with its rules, looks and heroes, measured and taken back as one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from core.curation import campaigns as campaigning
from core.curation.desk import Desk
from core.curation.impact import Impact
from core.domain.campaigns import COMING, OFF, OVER, RUNNING, Campaign
from core.domain.changes import Documents, Key, Plain
from core.domain.looks import SavedLook
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.rules import Rule
from pages.kit import (
    address,
    campaign_form,
    cards,
    engine,
    frame,
    lint_panel,
    looks,
    parts,
    rule_book,
    rule_form,
    session,
    states,
    text,
    tray,
)

OPEN, LINES, HEROES, RULES, LOOKS, GAINED, STRIPS, MEASURED = (
    f"campaigns:{name}" for name in ("open", "lines", "shown", "rules", "looks", "gained", "strips", "measured")
)
PHASES = {RUNNING: "Runs now", COMING: "Coming", OVER: "Over", OFF: "Off"}
ORDER = (RUNNING, COMING, OFF, OVER)
SHOWN = 4  # pictures on a line
BEFORE, AFTER = timedelta(days=21), timedelta(days=90)  # of the calendar, around the moment that is looked at
FAR = timedelta(days=365)  # further from that moment nothing is drawn
LAST = 94.0  # per cent of the calendar's width after which no month is named
STRIP = 6  # products of a list in a strip
MOST_STRIPS = 5
FIGURES = {"price": "Mean price", "margin": "Margin", "houses": "Variety of houses"}


def panel() -> None:
    """The part of Curation Rules that is about campaigns."""
    desk = tray.desk()
    live = engine.published()
    standing = desk.standing() if desk is not None else live
    if (asked := st.query_params.get("campaign")) is not None:
        st.session_state[OPEN] = asked
        campaign_form.close()
        del st.query_params["campaign"]
    if campaign_form.opened():
        campaign_form.show(standing)
        return
    there = {one.id: one for one in campaigning.campaigns(standing)}
    gone = {one.id: one for one in campaigning.campaigns(live) if one.id not in there}
    if (chosen := st.session_state.get(OPEN)) in there:
        one_campaign(there[chosen], standing, live)
        return
    everything([*there.values()], [*gone.values()], standing, live)


# -- all of them ---------------------------------------------------------------------------------------------------


def everything(there: Sequence[Campaign], gone: Sequence[Campaign], standing: Documents, live: Documents) -> None:
    """The calendar, and a line for each."""
    at = engine.moment()
    if not there and not gone:
        states.empty(
            "No campaign yet", "A campaign holds what belongs together for a while: a story, its heroes, its rules and "
            "looks. It begins and ends by itself.",
        )  # fmt: skip
        with st.container(horizontal=True, horizontal_alignment="center", key="first-campaign"):
            st.button("Plan the first one", key="campaigns:first", type="primary", on_click=campaign_form.begin)
        return
    st.button("New campaign", key="campaigns:new", type="primary", icon=":material/add:", on_click=campaign_form.begin)
    ordered = sorted(there, key=lambda one: ORDER.index(one.phase(at)))
    phases = [one.phase(at) for one in ordered]
    told = [f"{phases.count(phase)} {word}" for phase, word in
            ((RUNNING, "running"), (COMING, "coming"), (OFF, "off"), (OVER, "over")) if phase in phases]  # fmt: skip
    frame.section("The calendar", text.listed(told) if told else "")
    st.html(calendar(ordered, at))
    shown = [line(one, standing, live) for one in ordered]
    shown += [{**line(one, live, live), "id": f"gone {one.id}", "text": "Taken out in your draft.", "href": "",
               "go": "", "tone": "calm", "figure": "–"} for one in gone]  # fmt: skip
    parts.ledger(shown, key=LINES, label="Campaigns", on_action=lambda: _open(there))


def line(one: Campaign, standing: Documents, live: Documents) -> dict[str, Any]:
    """A campaign as a line: how long still, what it holds, its heroes."""
    at, zone = engine.moment(), engine.zone()
    mine = campaigning.members(standing, one.id)
    rules = sum(key.kind == "rule" for key in mine)
    holds = [text.count(rules, "rule"), *([text.count(len(mine) - rules, "look")] if len(mine) > rules else [])]
    figure, until = remaining(one, at, zone)
    known = engine.shop().catalogue(engine.at())
    drafted = made(one, standing, live)
    return {
        "id": one.id, "figure": figure, "title": one.name,
        "text": f"{until} {text.listed(holds)[:1].upper()}{text.listed(holds)[1:]}.{f' {drafted}.' if drafted else ''}",
        "tone": "" if one.phase(at) in (RUNNING, COMING) else "calm", "go": "Open",
        "href": address.link("curation-rules", mode="campaigns", campaign=one.id),
        "pictures": [looks.small(known.item(item)) for item in one.heroes if item in known][:SHOWN],
    }  # fmt: skip


def made(one: Campaign, standing: Documents, live: Documents) -> str:
    """What the draft makes of it; "" where it stands as published."""
    key = campaigning.key_of(one.id)
    if key not in live:
        return "New in your draft"
    mine, theirs = ({key: d[key], **campaigning.members(d, one.id)} for d in (standing, live))
    return "" if mine == theirs else "Changed in your draft"


def remaining(one: Campaign, at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """Days until it begins or ends, and that in words."""

    def days(moment: datetime) -> int:
        return (moment.astimezone(zone).date() - at.astimezone(zone).date()).days

    match one.phase(at):
        case phase if phase == COMING and one.starts_at is not None:
            left, day = days(one.starts_at), text.day(one.starts_at, zone)
            return str(left), f"{_days(left)} until it begins, on {day}."
        case phase if phase == RUNNING and one.ends_at is not None:
            left, day = days(one.ends_at), text.moment(one.ends_at, zone)
            return str(left), f"{_days(left)} left: it ends on {day}."
        case phase if phase == OVER and one.ends_at is not None:
            return "–", f"Over since {text.day(one.ends_at, zone)}."
        case phase if phase == OFF:
            return "–", "It is switched off."
        case _:
            return "∞", "It runs, without an end."


def _days(number: int) -> str:
    return "Day" if number == 1 else "Days"


def _open(there: Sequence[Campaign]) -> None:
    asked = parts.event(LINES).get("id")
    if asked in {one.id for one in there}:
        st.session_state[OPEN] = asked


def calendar(found: Sequence[Campaign], at: datetime) -> str:
    """Campaigns as bars over the weeks around `at`, as markup."""
    moments = [moment for one in found for moment in (one.starts_at, one.ends_at) if moment is not None]
    near = [moment for moment in moments if abs(moment - at) < FAR]
    low = min([at - BEFORE, *(moment - timedelta(days=4) for moment in near)])
    high = max([at + AFTER, *(moment + timedelta(days=10) for moment in near)])
    whole = (high - low).total_seconds()

    def place(moment: datetime) -> float:
        return min(100.0, max(0.0, 100 * (moment - low).total_seconds() / whole))

    months = "".join(f'<span style="left:{place(moment):.2f}%">{text.markup(name)}</span>'
                     for moment, name in _months(low, high, engine.zone()) if place(moment) < LAST)  # fmt: skip
    lanes = []
    for one in found:
        left = place(one.starts_at) if one.starts_at is not None else 0.0
        right = place(one.ends_at) if one.ends_at is not None else 100.0
        phase = one.phase(at)
        ends = f"{'' if one.starts_at else ' from-ever'}{'' if one.ends_at else ' for-ever'}"
        bar = f'<i class="{phase}{ends}" style="left:{left:.2f}%;width:{max(0.6, right - left):.2f}%"></i>'
        lanes.append(
            f'<li><p>{text.markup(one.name)}<small>{text.markup(PHASES[phase])}<span class="sr-only">, '
            f'{text.markup(dates(one))}</span></small></p><div class="lane">{bar}'
            f'<u style="left:{place(at):.2f}%"></u></div></li>'
        )
    return (
        f'<div class="calendar"><div class="months" aria-hidden="true"><div class="lane">{months}</div></div>'
        f'<ul aria-label="Campaigns over the weeks">{"".join(lanes)}</ul></div>'
    )


def _months(low: datetime, high: datetime, zone: ZoneInfo) -> list[tuple[datetime, str]]:
    """The first of each month between two moments, with its name."""
    out = []
    year, month = low.astimezone(zone).year, low.astimezone(zone).month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        first = datetime(year, month, 1, tzinfo=zone)
        if first >= high:
            return out[:: max(1, -(-len(out) // 8))]
        out.append((first, f"{first:%b %Y}" if month == 1 else f"{first:%B}"[:3]))


def dates(one: Campaign) -> str:
    """When it runs, in the shop's time."""
    zone = engine.zone()
    if one.starts_at is None and one.ends_at is None:
        return "without dates"
    starts = f"from {text.moment(one.starts_at, zone)}" if one.starts_at is not None else ""
    ends = f"until {text.moment(one.ends_at, zone)}" if one.ends_at is not None else "without an end"
    return f"{starts} {ends}".strip()


# -- one of them ---------------------------------------------------------------------------------------------------


def one_campaign(one: Campaign, standing: Documents, live: Documents) -> None:
    """Its story and heroes, what can be done with it, its rules, its looks, what it does."""
    st.button("All campaigns", key="campaigns:all", type="tertiary", icon=":material/arrow_back:",
              on_click=lambda: st.session_state.pop(OPEN, None))  # fmt: skip
    at = engine.moment()
    left, right = st.columns([1, 1.15], gap="large")
    with left, st.container(key="campaign-words", gap="small"):
        st.html(words(one, at, made(one, standing, live)))
        deeds(one, standing, live)
    with right, st.container(key="campaign-shows"):
        heroes(one, at)
    its_rules(one, standing, live)
    its_looks(one, standing)
    measure(one, standing)


def words(one: Campaign, at: datetime, drafted: str) -> str:
    """Name, dates and story, as markup."""
    phase = one.phase(at)
    pills = f'<span class="state {"live" if phase == RUNNING else ""}">{PHASES[phase]}</span>'
    pills += f' <span class="state draft">{text.markup(drafted)}</span>' if drafted else ""
    when = dates(one)
    story = "".join(f"<p>{text.markup(line)}</p>" for line in one.story.splitlines() if line.strip())
    about = f'<p class="aside">The collection {text.markup(one.collection)}</p>' if one.collection else ""
    return (
        f'<div class="campaign"><p>{pills}</p><h2>{text.markup(one.name)}</h2>'
        f'<p class="aside">{text.markup(when[:1].upper() + when[1:])}</p>{about}'
        f'<div class="story">{story}</div></div>'
    )


def heroes(one: Campaign, at: datetime) -> None:
    known = engine.shop().catalogue(engine.at())
    there = [known.item(item) for item in one.heroes if item in known]
    st.html('<p class="by">Its heroes</p>')
    if there:
        parts.rail([cards.card(item, at=at) for item in there], key=HEROES, label="Heroes", layout="grid",
                   size="small", on_action=lambda: _to_product(HEROES))  # fmt: skip
    else:
        states.said("None yet. “Edit” is where they are chosen.")


def _to_product(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        page = "you_may_also_like.py" if sent.get("type") == "list" else "product.py"
        st.session_state["kit:go"] = (page, {"item": sent["id"]})


def deeds(one: Campaign, standing: Documents, live: Documents) -> None:
    """What can be done with it."""
    with st.container(key="campaign-deeds", horizontal=True, vertical_alignment="center", gap="small"):
        first = campaigning.telling(one, engine.now())
        label = "See it as of its first day" if first > engine.now() else "See its lists"
        st.button(label, key="campaigns:ahead", icon=":material/event_upcoming:", on_click=_ahead, args=(one, first))
        st.button("Edit", key="campaigns:edit", icon=":material/edit:", on_click=campaign_form.edit, args=(one,))
        st.button("Switch on" if one.off else "Switch off", key="campaigns:switch", type="tertiary",
                  on_click=_switch, args=(one,))  # fmt: skip
        if campaigning.key_of(one.id) not in live:
            st.button("Discard it", key="campaigns:discard", type="tertiary", on_click=_discard, args=(one, standing))
            return
        with st.popover("Roll it back as one", key="campaigns-back", type="tertiary"), st.container(width=320):
            st.markdown("The campaign goes, with what was made for it. Rules and looks that were there before it "
                        "return to what they were. All in one step, which can be taken back itself.")  # fmt: skip
            st.text_input("Why", key="campaigns:why", max_chars=300, placeholder="The weather changed its mind")
            st.button("Roll it back now", key="campaigns:rollback", type="primary", width="stretch",
                      on_click=_roll_back, args=(one,))  # fmt: skip
            st.button("Into my draft instead", key="campaigns:rollback-draft", width="stretch",
                      on_click=_into_draft, args=(one,))  # fmt: skip


def _ahead(one: Campaign, first: datetime) -> None:
    """Its lists as they will be, beside its first hero: as of its first day where that is still to come."""
    day = first.astimezone(engine.zone()).date()
    session.commit(as_of=day.isoformat() if day > engine.today() else None, with_draft=True)
    known = engine.shop().catalogue()
    item = next((item for item in one.heroes if item in known), None)
    st.session_state["kit:go"] = ("you_may_also_like.py", {"item": item} if item else {})


def _switch(one: Campaign) -> None:
    plain = one.changed(off=not one.off).as_json()
    says = f"Switch {'on' if one.off else 'off'} the campaign {one.name}"
    rule_book.step(lambda desk: desk.edit(campaigning.key_of(one.id), plain, says=says, at=engine.now()))


def _discard(one: Campaign, standing: Documents) -> None:
    """A campaign that only the draft has: its steps go, and those of what was made for it."""

    def work(desk: Desk) -> None:
        for key in (campaigning.key_of(one.id), *campaigning.members(standing, one.id)):
            desk.take_theirs(key, engine.now())

    rule_book.step(work)


def _roll_back(one: Campaign) -> None:
    why = str(st.session_state.get("campaigns:why") or "")

    def work(desk: Desk) -> None:
        done = engine.shop().rollback_campaign(one.id, who=desk.who, why=why)
        for change in done.changes:  # what the draft would make of it is settled with it
            desk.take_theirs(change.key, engine.now())
        st.session_state[rule_book.SAID] = (
            f"“{one.name}” was taken back as one: {text.count(len(done.changes), 'change')}, publication "
            f"{done.version}. Publish shows it, and can take that back too.", "",
        )  # fmt: skip

    if rule_book.step(work):
        st.session_state.pop(OPEN, None)


def _into_draft(one: Campaign) -> None:
    def work(desk: Desk) -> None:
        back = campaigning.taking_back(desk.publications.history(), desk.published(), one.id)
        says = f"Roll back the campaign {one.name}"
        desk.edit_all([(change.key, change.after, says) for change in back], at=engine.now())

    if rule_book.step(work):
        st.session_state.pop(OPEN, None)


# -- its rules and looks -------------------------------------------------------------------------------------------


def its_rules(one: Campaign, standing: Documents, live: Documents) -> None:
    frame.section("Its rules", "They count only while it runs")
    every = rule_book.entries(live, standing, engine.moment())
    mine = [entry for entry in every if entry.rule.campaign == one.id]
    if mine:
        shop = engine.shop()
        hands = rule_book.last_hands(shop.studio, shop.studio.rules_version())
        marks = lint_panel.by_rule(lint_panel.findings(standing) or [])
        parts.book([_row(entry, marks, hands) for entry in mine], key=rule_book.TABLE, label="Rules of the campaign",
                   on_action=lambda: _of_rule(mine))  # fmt: skip
    else:
        states.said("None yet. A new rule speaks of its heroes until you say otherwise.")
    others = {entry.rule.id: entry.rule for entry in every if entry.rule.campaign is None and entry.made != "out"}
    with st.container(key="campaign-more-rules", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("New rule for this campaign", key="campaigns:rule", icon=":material/add:", on_click=_new_rule,
                  args=(one,))  # fmt: skip
        if one.heroes:
            st.button("Raise its heroes", key="campaigns:raise", type="tertiary", on_click=_raise, args=(one, standing))
        if others:
            st.selectbox("Take a rule in", [*others], index=None, key="campaigns:take-rule", width=320,
                         placeholder="Take in a rule of the book", label_visibility="collapsed",
                         on_change=_take_rule, args=(one, others),
                         format_func=lambda id: rule_book.said(others[id]))  # fmt: skip


def _row(entry: rule_book.Entry, marks: Mapping[str, Any], hands: Mapping[str, Any]) -> dict[str, Any]:
    """As in the rule book, but for the name of the campaign, which stands above."""
    row = rule_book.row(entry, marks, hands)
    row["marks"] = [mark for mark in row["marks"] if mark != ["", f"Campaign {entry.rule.campaign}"]]
    row["text"] = rule_book.said(entry.rule.changed(campaign=None))
    if entry.made != "out":
        acts = [one for one in row["actions"] if one["act"] != "copy"]
        row["actions"] = [*acts, {"act": "free", "label": "Let it stand alone"}]
    return row


def _of_rule(mine: Sequence[rule_book.Entry]) -> None:
    sent = parts.event(rule_book.TABLE)
    rule = next((entry.rule for entry in mine if entry.rule.id == sent.get("id")), None)
    if rule is not None and sent.get("type") == "free":
        rule_book.into_draft(rule.changed(campaign=None), f"Out of its campaign: {rule_book.said(rule)}")
    else:
        rule_book.act(mine)


def _new_rule(one: Campaign) -> None:
    known = engine.shop().catalogue()
    items = [item for item in one.heroes if item in known]
    rule_form.begin("boost", items=items, campaign=one.id, zone=one.zone)


def _raise(one: Campaign, standing: Documents) -> None:
    plain = {
        "kind": "boost", "step": "clear", "direction": "up", "target": {"items": list(one.heroes)}, "zone": one.zone,
        "campaign": one.id,
    }  # fmt: skip
    rule = Rule.from_json({**plain, "id": rule_book.free_id(plain, standing)})
    rule_book.into_draft(rule, f"New: {rule_book.said(rule)}")


def _take_rule(one: Campaign, others: Mapping[str, Rule]) -> None:
    rule = others.get(str(st.session_state.get("campaigns:take-rule")))
    st.session_state["campaigns:take-rule"] = None
    if rule is not None:
        rule_book.into_draft(rule.changed(campaign=one.id), f"Into the campaign {one.name}: {rule_book.said(rule)}")


def its_looks(one: Campaign, standing: Documents) -> None:
    """The saved looks that belong to it."""
    every = {key.id: SavedLook.from_json(plain) for key, plain in standing.items() if key.kind == "look"}
    mine = {id: look for id, look in every.items() if look.campaign == one.id}
    others = {id: look for id, look in every.items() if look.campaign is None}
    frame.section("Its looks", "They count only while it runs")
    known = engine.shop().catalogue(engine.at())
    if mine:
        lines = [
            {"id": id, "figure": text.count(len(look.all_ids)), "title": look.name, "text": look.note, "tone": "calm",
             "go": "Open", "href": address.link("complete-the-look", saved=id),
             "pictures": [looks.small(looks.known(item, known)) for item in look.all_ids[:SHOWN]]}
            for id, look in mine.items()
        ]  # fmt: skip
        parts.ledger(lines, key=LOOKS, label="Looks of the campaign", on_action=lambda: _to_look(mine))
    elif not others:
        states.said("No look is saved yet. Complete the Look is where they are made.")
    with st.container(key="campaign-more-looks", horizontal=True, vertical_alignment="bottom", gap="small"):
        for key, words_, some, into in (
            ("campaigns:take-look", "Take in a saved look", others, one.id),
            ("campaigns:free-look", "Let a look stand alone", mine, None),
        ):
            if some:
                st.selectbox(words_, [*some], index=None, key=key, width=320, label_visibility="collapsed",
                             placeholder=words_, format_func=partial(_look_name, some), on_change=_move_look,
                             args=(key, some, into))  # fmt: skip


def _look_name(some: Mapping[str, SavedLook], id: str) -> str:
    return some[id].name


def _to_look(mine: Mapping[str, SavedLook]) -> None:
    asked = parts.event(LOOKS).get("id")
    if asked in mine:
        st.session_state["kit:go"] = ("complete_the_look.py", {"saved": asked})


def _move_look(key: str, some: Mapping[str, SavedLook], campaign: str | None) -> None:
    id = str(st.session_state.get(key))
    st.session_state[key] = None
    if (look := some.get(id)) is None:
        return
    moved: Plain = look.changed(campaign=campaign).as_json()
    says = f"{'Into its campaign' if campaign else 'Out of its campaign'}: the look {look.name}"
    rule_book.step(lambda desk: desk.edit(Key("look", id), moved, says=says, at=engine.now()))


# -- what it does --------------------------------------------------------------------------------------------------


def measure(one: Campaign, standing: Documents) -> None:
    """Every list with the campaign and without it, on its own dates; made on demand."""
    moment = campaigning.telling(one, engine.now())
    frame.section("What it does", f"Every list with it and without it, {_when(moment)}")
    mark = _mark(one, standing, moment)
    kept = st.session_state.get(MEASURED)
    if kept is None or kept[0] != mark:
        if not st.button("Measure it", key="campaigns:measure", type="primary"):
            states.said("All lists are made twice by the function that serves them; all else stays as it is.")
            return
        shop = engine.shop()
        found = _watched(lambda tell: shop.campaign_impact(one.id, standing, at=moment, progress=tell))
        kept = (mark, found)
        st.session_state[MEASURED] = kept
        st.rerun()
    impacts: Mapping[Placement, Impact] = kept[1]
    for placement, found in impacts.items():
        _told(placement, found)


def _when(moment: datetime) -> str:
    now = abs(moment - engine.now()) < timedelta(minutes=1)
    return "as of now" if now else f"as of {text.moment(moment, engine.zone())}"


def _mark(one: Campaign, standing: Documents, moment: datetime) -> str:
    """All that the measure depends on, but for a clock that moves within the hour."""
    plain = json.dumps([[*key, plain] for key, plain in standing.items()], sort_keys=True)
    versions = engine.shop().view().versions.as_json()
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hashlib.sha256(f"{one.id}{plain}{versions}{hour}".encode()).hexdigest()


def _watched(work: Callable[[Callable[[int, int], None]], Any]) -> Any:
    """Do `work` beside the page, which shows how far it is: workers may not write on pages themselves."""
    told = {"done": 0, "total": 0}
    bar = st.progress(0.0, text="Making every list twice")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work, lambda done, total: told.update(done=done, total=total))
        while not running.done():
            bar.progress(min(1.0, told["done"] / max(1, told["total"])), text="Making every list twice")
            wait([running], timeout=0.1)
        found = running.result()
    bar.empty()
    return found


def _told(placement: Placement, found: Impact) -> None:
    if not found.changed:
        states.said(f"{PLACEMENT_NAMES[placement]}: none of the {text.count(found.lists, 'list')} changes.")
        return
    share = f"{100 * found.share:.0f}{text.NBSP}%" if found.share >= 0.01 else f"under 1{text.NBSP}%"
    told = [("Lists changed", text.count(found.changed), f"{share} of {text.count(found.lists)}")]
    told += [("Thin lists", f"+{len(found.thin)}", "that would be full without it")] if found.thin else []
    for name, label in FIGURES.items():
        before, after = found.figures[name]
        if before == before and after == after:
            told.append((label, _figure(name, after), f"{_figure(name, before)} without it"))
    st.subheader(text.plain(PLACEMENT_NAMES[placement]), anchor=False)
    frame.figures(told)
    known, at = engine.shop().catalogue(engine.at()), engine.moment()
    gained = [mover for mover in found.gainers if mover.id in known][:8]
    if gained:
        st.html('<p class="by">Shown more while it runs</p>')
        key = f"{GAINED}-{placement}"
        shown = [
            cards.card(known.item(mover.id), at=at, note=f"{text.signed(10_000 * mover.change, 1)} per 10 000")
            for mover in gained
        ]
        parts.rail(shown, key=key, label="Shown more", size="small", on_action=lambda: _to_product(key))
    _strips(placement, found)


def _figure(name: str, value: float) -> str:
    return text.money(round(value), engine.currency()) if name == "price" else f"{100 * value:.1f}{text.NBSP}%"


def _strips(placement: Placement, found: Impact) -> None:
    """The lists that change most, without it and with it."""
    known, at = engine.shop().catalogue(engine.at()), engine.moment()
    rows = [
        {
            "anchor": cards.card(known.item(change.anchor), at=at), "remark": "",
            "sides": [
                [{**cards.card(known.item(item), at=at), "own": item in change.moves} for item in side[:STRIP]]
                for side in (change.before, change.after)
            ],
        }
        for change in found.most_changed[:MOST_STRIPS]
    ]  # fmt: skip
    key = f"{STRIPS}-{placement}"
    parts.versus(
        rows, labels=("Without it", "With it"), told=("It moves or leaves", "It is new or moved"), key=key,
        label="Lists without the campaign and with it", on_action=lambda: _to_product(key),
    )  # fmt: skip
