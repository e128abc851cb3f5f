"""Publish: what the draft would change, measured over every list before it goes live, and all that went live before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.curation.desk import Desk
from core.curation.impact import Impact, ListChange, Mover
from core.curation.measure import Measuring
from core.domain.changes import Change, ChangeSet, Clash, Documents, Plain
from core.domain.errors import ShopError
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.export import reports
from core.store.publications import Published
from pages.kit import (
    cards,
    documents,
    engine,
    frame,
    lint_panel,
    parts,
    seen_by,
    session,
    shaping,
    states,
    taking,
    text,
    tray,
)

SAID, MEASURED, STRIPS = "publish:said", "publish:measured", "publish:strips"
SHOWN = 6  # products of a list in a strip
MOVERS = 8  # products that win or lose, as cards
FIGURES = {
    "price": "Mean price",
    "margin": "Margin",
    "in_stock": "In stock",
    "houses": "Variety of houses",
    "kinds": "Variety of kinds",
    "length": "Products in a list",
}
HISTORY = 20
BESIDE, FRONT = "publish:beside", "publish:front"
# Measured beside the page, in this order.
LATER = (
    Placement.SUBSTITUTE, Placement.SEARCH, Placement.LOOK, Placement.UPSELL, Placement.CROSS_SELL,
    Placement.CROSS_BRAND,
)  # fmt: skip
KINDS = {Placement.LOOK: "looks", Placement.SEARCH: "searches", Placement.SUBSTITUTE: "substitutes"}
WORDS = {
    Placement.LOOK: ("product", "products"),
    Placement.SEARCH: ("search", "searches"),
}  # what there is one of for each list

session.require()


# -- the draft -----------------------------------------------------------------------------------------------------


def the_draft(desk: Desk, draft: ChangeSet, published: Documents) -> None:
    """What changes, a line for each document; any can be taken out again."""
    frame.section(draft.name, f"{text.count(len(draft), 'change')}, not live yet")
    with st.container(key="changes", gap=None):
        for number, change in enumerate(draft.changes):
            with st.container(key=f"change-{number}", horizontal=True, vertical_alignment="center", gap="small",
                              horizontal_alignment="distribute"):  # fmt: skip
                st.html(_line(change), width="stretch")
                leave = partial(desk.take_theirs, change.key, engine.now())
                st.button("Take out", key=f"take-out-{number}", type="tertiary", on_click=_doing, args=(leave,))


def _line(change: Change) -> str:
    kind, lines = documents.described(change)
    said = "".join(f"<p>{text.markup(line)}</p>" for line in lines)
    return f'<div class="change"><span class="state">{text.markup(kind)}</span><div>{said}</div></div>'


def collisions(desk: Desk, clashes: tuple[Clash, ...]) -> None:
    """Where somebody else published a change to the same document: both sides, and the choice."""
    frame.section("Two changes to the same thing", "Nothing was overwritten; choose for each")
    for number, clash in enumerate(clashes):
        with st.container(key=f"clash-{number}", gap="small"):
            st.html(f'<p class="clash">{text.markup(documents.name_of(clash.key, clash.mine or clash.theirs))}</p>')
            theirs, mine = st.columns(2, gap="medium")
            for column, title, side, label, act in (
                (theirs, "Published meanwhile", clash.theirs, "Take theirs", desk.take_theirs),
                (mine, "In your draft", clash.mine, "Keep mine", desk.keep_mine),
            ):
                with column:
                    st.html(f'<div class="side-of"><p class="by">{title}</p>{_said(clash, side)}</div>')
                    choose = partial(act, clash.key, engine.now())
                    key = f"{label.split()[0].lower()}-{number}"
                    st.button(label, key=key, width="stretch", on_click=_doing, args=(choose,))


def _said(clash: Clash, side: Plain | None) -> str:
    lines = documents.lines(clash.key, side) if side is not None else ["Taken away."]
    return "".join(f"<p>{text.markup(line)}</p>" for line in lines)


# -- what it does --------------------------------------------------------------------------------------------------


def measure(draft: ChangeSet, standing: Documents) -> None:
    """Every list as it is and as it would be; computed on demand, and kept while neither changes."""
    frame.section("Impact", "Every list, as it is and as it would be")
    fronts(standing)
    mark = _mark(draft)
    kept = st.session_state.get(MEASURED)
    if kept is None or kept[0] != mark:
        asked = st.query_params.pop("measure", "") == "1"
        if not asked and not st.button("Measure impact", key="measure", type="primary"):
            states.said("All lists are made twice, with the draft and without it, by the function that serves them.")
            return
        shop, at, locale = engine.shop(), engine.at(), front()
        found = states.watched(
            lambda tell: shop.impact(standing, at=at, progress=tell, locale=locale), "Making every list twice"
        )
        seen = states.watched(seen_by.measuring(standing, locale), "Looking at it as personas do")
        kept = (mark, found, seen)
        st.session_state[MEASURED] = kept
        st.rerun()
    impacts: Mapping[Placement, Impact] = kept[1]
    for placement, found in impacts.items():
        one(placement, found)
    seen_by.panel(kept[2])
    impacts = {**impacts, **beside(mark, standing)}
    lines = [line for change in draft.changes for line in documents.described(change)[1]]
    taking.take_along(lambda: reports.impact_report(taking.head(draft=True), impacts, lines), key="impact")


def fronts(standing: Documents) -> None:
    """Which front of the shop is asked for, where rules are made for some alone."""
    tags = {tag for key, plain in standing.items() if key.kind == "rule" for tag in _locales(plain)}
    if not tags:
        st.session_state.pop(FRONT, None)
        return
    if st.session_state.get(FRONT) not in ("", *tags):
        st.session_state[FRONT] = ""
    st.selectbox("Measured for", ["", *sorted(tags)], key=FRONT, width=260, persist_state="session",
                 format_func=lambda tag: f"The shop for {text.plain(tag)}" if tag else "A shop front of no language",
                 help="Rules made for a language hold only where the shop's front asks in it.")  # fmt: skip


def _locales(plain: Plain) -> list[str]:
    return [str(tag) for tag in (plain.get("scope") or {}).get("locales", ())]


def front() -> str | None:
    """The language of the front that is asked for; None for none."""
    return str(st.session_state.get(FRONT) or "") or None


def beside(mark: str, standing: Documents) -> dict[Placement, Impact]:
    """The placements whose lists are made one by one: measured beside the page, which shows how far they are.

    Returns those that are measured to the end.
    """
    kept = st.session_state.get(BESIDE)
    if kept is None or kept[0] != mark:
        if kept is not None:
            kept[1].stop()
        kept = (mark, Measuring(engine.shop().measuring(standing, at=engine.at(), locale=front())))
        st.session_state[BESIDE] = kept
    runs: Measuring = kept[1].start()
    done = runs.finished
    st.fragment(run_every=None if done else 1.5)(_beside)(runs, done)
    return {lap.placement: lap.impact for lap in runs.laps if lap.finished and lap.impact is not None}


def _beside(runs: Measuring, done: bool) -> None:
    if runs.finished and not done:
        st.rerun()  # so that the page stops asking, and can take all of it along
    frame.go()
    runs.start()
    for lap in runs.laps:
        if lap.note:
            states.said(lap.note)
        elif lap.finished and lap.impact is not None:
            one(lap.placement, lap.impact)
        elif lap.lists:
            with st.container(key=f"lap-{lap.placement}"):
                told = f"{text.count(lap.done)} of {text.count(lap.lists)} that the draft can reach"
                st.progress(lap.done / lap.lists, text=f"{PLACEMENT_NAMES[lap.placement]}: {told}")
                if lap.impact is not None:
                    one(lap.placement, lap.impact, whole=False)
    if runs.trouble:
        states.said(runs.trouble, "warn")
    waiting = [PLACEMENT_NAMES[name] for name in LATER if name not in {lap.placement for lap in runs.laps}]
    if waiting and not runs.finished:
        states.said(f"Still to come: {text.listed(waiting)}.")


def _mark(draft: ChangeSet) -> str:
    """All that the impact depends on."""
    plain = json.dumps(draft.as_json()["edits"], sort_keys=True)
    versions = engine.shop().view(engine.at()).versions.as_json()
    return hashlib.sha256(f"{plain}{versions}{engine.as_of()}{front()}".encode()).hexdigest()


def one(placement: Placement, found: Impact, *, whole: bool = True) -> None:
    """The impact on the lists of one placement; not whole while more are being made."""
    share = (
        f"{100 * found.share:.0f}{text.NBSP}%" if found.share >= 0.01 or not found.changed else f"under 1{text.NBSP}%"
    )
    st.subheader(text.plain(PLACEMENT_NAMES[placement]), anchor=False)
    words = WORDS.get(placement, ("list", "lists"))
    if whole and found.of is not None and found.of != found.lists:
        reached = text.count(found.lists) if found.lists else "none"
        states.said(f"Of {text.count(found.of, *words)}, {reached} can be reached by what the draft changes.")
    if not found.changed:
        states.said(f"None of the {text.count(found.lists, *words)} changes." if found.lists else "None changes.")
        return
    title = "Changed" if placement in WORDS else "Lists changed"
    told = [(title, f"{text.count(found.changed)} of {text.count(found.lists)}", share)]
    figures = {**FIGURES, "length": "Pieces in a look"} if placement is Placement.LOOK else FIGURES
    told += [(figures[name], _figure(name, after), f"was {_figure(name, before)}") for name, (before, after)
             in found.figures.items() if before == before or after == after]  # fmt: skip
    frame.figures(told)
    if found.thin or found.mended:
        _thin(placement, found)
    gained, lost = st.columns(2, gap="large")
    with gained:
        movers(f"gain-{placement}", "Shown more", found.gainers)
    with lost:
        movers(f"lose-{placement}", "Shown less", found.losers)
    houses(found)
    strips(placement, found.most_changed)


def _figure(name: str, value: float) -> str:
    if value != value:
        return "unknown"
    if name == "price":
        return text.money(round(value), engine.currency())
    return f"{value:.1f}" if name == "length" else f"{100 * value:.1f}{text.NBSP}%"


def _thin(placement: Placement, found: Impact) -> None:
    parts_, looks = [], placement is Placement.LOOK
    if found.thin:
        thin = text.count(len(found.thin), "product" if looks else "list")
        parts_.append(f"{thin} would lose a whole look" if looks else f"{thin} would run thin")
    if found.mended:
        mended = text.count(len(found.mended), "product" if looks else "thin list")
        parts_.append(f"{mended} would have a whole look again" if looks else f"{mended} would be full again")
    states.said(f"{text.listed(parts_)}.", "warn" if found.thin else "")


def movers(key: str, title: str, moved: tuple[Mover, ...]) -> None:
    """Products that win or lose places over all lists."""
    catalogue = engine.shop().catalogue(engine.at())
    if not moved:
        return
    at = engine.moment()
    items = [
        shaping.in_the_shop(
            cards.card(catalogue.item(one.id), at=at, note=f"{text.signed(10_000 * one.change, 1)} per 10 000")
        )
        for one in moved[:MOVERS]
        if one.id in catalogue
    ]
    st.html(f'<p class="by">{text.markup(title)}</p>')
    parts.rail(items, key=key, label=title, size="small", on_action=lambda: shaping.follow(key))


def houses(found: Impact) -> None:
    """Shares of the places by house, those that change most first."""
    moved = [share for share in found.brands if round(share.after - share.before, 4)][:8]
    if not moved:
        return
    rows = "".join(
        f"<tr><th scope='row'>{text.markup(share.name)}</th><td>{100 * share.before:.1f}{text.NBSP}%</td>"
        f"<td>{100 * share.after:.1f}{text.NBSP}%</td>"
        f"<td class='mute'>{100 * share.catalogue:.1f}{text.NBSP}%</td></tr>"
        for share in moved
    )
    st.html(
        '<div class="wide" tabindex="0" role="region" aria-label="Houses"><table class="plain-table"><thead><tr>'
        "<th scope='col'>House</th><th scope='col'>Share of places</th><th scope='col'>With the draft</th>"
        f"<th scope='col'>Of the catalogue</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def strips(placement: Placement, changed: tuple[ListChange, ...]) -> None:
    """The lists that change most, before and after."""
    catalogue = engine.shop().catalogue(engine.at())
    at = engine.moment()

    def side(items: tuple[str, ...], change: ListChange) -> list[dict]:
        """The first cards of one side; what stays where it is stands back."""
        return [{**cards.card(catalogue.item(item), at=at), "own": item in change.moves} for item in items[:SHOWN]]

    rows = []
    for change in changed:
        fresh = sum(before is None for before, _ in change.moves.values())
        moved = sum(before is not None and after is not None for before, after in change.moves.values())
        said = [f"{text.count(fresh, 'product')} new" if fresh else "", f"{moved} moved" if moved else ""]
        rows.append(
            {
                "anchor": cards.card(catalogue.item(change.anchor), at=at)
                if change.anchor in catalogue
                else {"id": "", "open": change.anchor, "brand": "Searched for", "title": change.anchor},
                "remark": ", ".join(filter(None, said)),
                "sides": [side(change.before, change), side(change.after, change)],
            }
        )
    what = KINDS.get(placement, "lists")
    frame.section(f"The {what} that change most", "The first places, live and with the draft")
    key = f"{STRIPS}-{placement}"
    parts.versus(
        rows, labels=("Live", "With the draft"), told=("It moves or leaves", "It is new or moved"), key=key,
        label="Lists before and after", on_action=lambda: to_product(key),
    )  # fmt: skip


def to_product(key: str) -> None:
    sent = parts.event(key)
    if sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})


# -- publishing ----------------------------------------------------------------------------------------------------


def go_live(clashing: bool, unmended: bool) -> None:
    """The comment, and the button. unmended: something must be mended first, or be said to go live all the same."""
    frame.section("Go live", "One step, with a comment; one step back at any time")
    with st.form("publish", border=False):
        st.text_input("Why", key="publish:why", max_chars=300, placeholder="Asked by the house; for the autumn window")
        st.form_submit_button("Publish", type="primary", on_click=_publish, disabled=clashing or unmended)
    if clashing:
        states.said("Choose above first: somebody else published a change to the same thing.", "warn")


def _publish() -> None:
    why = str(st.session_state.get("publish:why") or "")
    desk = tray.desk()
    if desk is None:
        return
    done = _doing(lambda: desk.publish(why, engine.now()))
    if done is not None:
        st.session_state["publish:why"] = ""
        st.session_state.pop(MEASURED, None)
        changes = text.count(len(done.changes), "change")
        st.session_state[SAID] = (f"Published as number {done.version}: {changes}. Every list obeys from now on.", "")


def _doing(step: Callable[[], Any]) -> Any:
    """A step of a callback; what a person can put right is said on the page, and nothing else happened."""
    try:
        return step()
    except ShopError as error:
        st.session_state[SAID] = (error.message, "warn")
        return None


# -- history -------------------------------------------------------------------------------------------------------


def history(past: list[Published]) -> None:
    """Everything that went live, the last first; any of it can be taken back."""
    frame.section("History", "Nothing published is ever lost")
    if not past:
        states.said("Nothing was published yet.")
        return
    for one_ in past[:HISTORY]:
        head = f"{one_.version}. {one_.name}, {one_.who}, {text.moment(one_.at, engine.zone())}"
        with st.expander(text.plain(head), key=f"publication-{one_.version}"):
            lines = "".join(_line(change) for change in one_.changes)
            st.html(f'<p class="said">{text.markup(one_.why)}</p>{lines}')
            # Its key changes with every publication, and so it closes once it is done with.
            with st.popover("Take it back", key=f"back-{one_.version}-{past[0].version}"):
                st.markdown("All of it is undone at once, as a new entry here. What was changed since is not touched.")
                st.button("Take it back", key=f"rollback-{one_.version}", type="primary",
                          on_click=_roll_back, args=(one_.version,))  # fmt: skip


def _roll_back(version: int) -> None:
    desk = tray.desk()
    if desk is None:
        return
    done = _doing(lambda: desk.publications.rollback(version, who=engine.who(), at=engine.now()))
    if done is not None:
        st.session_state[SAID] = (f"Publication {version} was taken back, as number {done.version}.", "")


frame.go()
frame.heading(
    "Publish",
    "What your draft would change, measured over every list before it goes live, and everything that went live before.",
    guide=(
        "A draft is yours alone until you publish it; it gathers rules, weights and looks.",
        "“Measure impact” makes every list twice, with the draft and without it.",
        "Publishing needs a comment and can be taken back in one step.",
        "When somebody else changed the same thing meanwhile, you see both sides and choose.",
    ),
)
frame.once(SAID)
shaping.said()
mine = tray.desk()
if mine is None:
    states.empty("Who is publishing?", "Every change carries a name. Tell us yours at the top of the page.")
else:
    live = mine.published()
    draft = mine.draft()
    if len(draft):
        clashes = draft.clashes(live)
        the_draft(mine, draft, live)
        if clashes:
            collisions(mine, clashes)
        measure(draft, draft.applied(live))
        go_live(bool(clashes), lint_panel.before_publishing(draft.applied(live), live))
    else:
        states.empty(
            "Nothing waits to be published",
            "Pin, block or boost on any list, or try other weights: what you change gathers here until you publish it.",
            ("You May Also Like", "you_may_also_like.py", None),
        )
    history(mine.publications.history(HISTORY))
frame.next_step(
    "See a list as it is now, or read the rule book.",
    ("You May Also Like", "you_may_also_like.py", None),
    ("Curation Rules", "curation_rules.py", None),
)
