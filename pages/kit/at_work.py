"""Rules at work in one list: which they are, what each tile owes to them, and the list without one of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.catalogue import Item
from core.domain.changes import Documents, Key
from core.domain.listing import Listing, Origin
from core.domain.query import Request
from core.domain.rules import Rule
from pages.kit import cards, engine, rule_book, shaping, states, text

WITHOUT = "work:without"  # rules that the list is shown without; only this person sees it
SHOWN = 12


def documents() -> Documents | None:
    """The documents that the list on a page is made with: the draft's where they are shown, less the rules that it is
    shown without; None where it is simply the live one."""
    drafted, without = shaping.standing(), left_out()
    if not without:
        return drafted
    return {key: plain for key, plain in (drafted or engine.published()).items() if key not in without}


def left_out() -> set[Key]:
    return {Key("rule", id) for id in st.session_state.get(WITHOUT, ())}


def panel(asked: Request) -> None:
    """Above a list: the rules that bear on it, each with a switch to see the list without it."""
    here = engine.shop().at_work(asked, draft=shaping.standing())
    if not here:
        st.session_state.pop(WITHOUT, None)
        return
    off = left_out() & {Key("rule", rule.id) for rule in here}
    label = f"{text.count(len(here), 'rule')} at work here"
    fold = st.expander(text.plain(label), key="at-work", on_change="rerun", type="compact")
    if off:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            states.said(f"Shown without {text.count(len(off), 'rule')}: only you see it so.", "warn")
            st.button("With all rules", key="work:all", type="tertiary", on_click=_with_all)
    if fold.open:
        with fold:
            for rule in here[:SHOWN]:
                _one(rule)
            if len(here) > SHOWN:
                states.said(f"And {len(here) - SHOWN} more: they stand on Curation Rules.")


def _one(rule: Rule) -> None:
    key = f"work:rule:{rule.id}"
    st.session_state[key] = Key("rule", rule.id) in left_out()
    with st.container(key=f"work-{rule.id}", horizontal=True, vertical_alignment="center", gap="small",
                      horizontal_alignment="distribute"):  # fmt: skip
        note = f" <i>“{text.markup(rule.note)}”</i>" if rule.note else ""
        st.html(f'<p class="work-rule">{text.markup(rule_book.said(rule))}{note}</p>', width="stretch")
        st.toggle("Without this rule", key=key, on_change=_switch, args=(rule.id, key))
        st.page_link("curation_rules.py", label="Edit", query_params={"rule": rule.id})


def _switch(id: str, key: str) -> None:
    now = set(st.session_state.get(WITHOUT, ()))
    st.session_state[WITHOUT] = sorted(now | {id} if st.session_state[key] else now - {id})


def _with_all() -> None:
    st.session_state.pop(WITHOUT, None)


def badges(asked: Request, listing: Listing, shown: Documents | None) -> dict[str, list[tuple[str, str]]]:
    """Item -> what its tile says of rules: raised or lowered, and its places won or lost against no rule at all.

    shown: the documents that the list was made with.
    """
    shop = engine.shop()
    if not shop.at_work(asked, draft=shown):
        return {}
    whole = engine.published() if shown is None else shown
    alone = shop.recommend(asked, draft={key: plain for key, plain in whole.items() if key.kind != "rule"}).ids
    places = {item: place for place, item in enumerate(alone, 1)}
    out: dict[str, list[tuple[str, str]]] = {}
    for placed in listing.items:
        boost = round(placed.contributions.get("boost", 0.0), 9)
        word, tone = ("Raised", "accent") if boost > 0 else ("Lowered", "") if boost else ("", "")
        was = places.get(placed.id)
        if was is None:
            moved = "" if placed.origin is Origin.PIN else "new" if word else "New by rules"
        else:
            won = was - placed.rank
            moved = f"{'↑' if won > 0 else '↓'}{text.NBSP}{abs(won)}{'' if word else ' by rules'}" if won else ""
        if said := f"{word} {moved}".strip():
            out[placed.id] = [(tone, said)]
    return out


def difference(before: Sequence[str], after: Sequence[str]) -> str:
    """What became of a list, in a sentence."""
    was = {item: place for place, item in enumerate(before)}
    fresh = sum(item not in was for item in after)
    moved = sum(item in was and was[item] != place for place, item in enumerate(after))
    gone = sum(item not in set(after) for item in before)
    said = [f"{text.count(fresh, 'product')} new"] if fresh else []
    said += [f"{moved} moved"] if moved else []
    said += [f"{gone} gone"] if gone else []
    return f"With this rule: {text.listed(said)}."


def beside(anchor: Item, placement: str) -> None:
    """Whose list is shown, small."""
    picture = cards.picture_url(anchor)
    initial = text.markup((text.house(anchor) or text.title(anchor))[:1].upper())
    shot = f'<img src="{picture}" alt="">' if picture else f'<span aria-hidden="true">{initial}</span>'
    st.html(
        f'<div class="anchor small"><div class="portrait">{shot}</div><div>'
        f'<p class="by">{text.markup(placement)}, beside</p>'
        f'<p class="anchor-title">{text.markup(text.title(anchor))}</p>'
        f'<p class="aside">{text.markup(text.house(anchor))}</p></div></div>',
        width="content",
    )
