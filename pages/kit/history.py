"""What a shopper did: pictures along time with what each act still says, over the curve by which acts fade."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from core.domain.events import STRENGTH
from core.domain.shoppers import History
from core.recommend.taste import HALF_LIFE_DAYS, act_weights, visit_now, visit_weights
from pages.kit import cards, engine, frame, parts, personas, states, text

KEY = "shoppers:history"
SHOWN = 60  # acts with a picture, the latest
LONGEST = 360  # days that the curve goes back; what is older stands at its end
MOVES = {"act-now": 0.0, "act-week": 7.0, "act-month": 30.0, "act-half": 180.0}
MENU = [
    {"act": "act-now", "label": "It was just now"}, {"act": "act-week", "label": "It was a week ago"},
    {"act": "act-month", "label": "It was a month ago"}, {"act": "act-half", "label": "It was half a year ago"},
    {"act": "act-out", "label": "It never was"},
]  # fmt: skip


SENDS = {"act": "act-return", "label": personas.DOES["return"]}


def panel(history: History, at: datetime) -> None:
    """The section. history: of who is looked at, with what was done here."""
    catalogue = engine.shop().catalogue(engine.at())
    acts = _acts(history, at)
    there = [one for one in acts if one["id"] in catalogue]
    aside = text.count(len(acts), "act")
    frame.section("What they did", aside if acts else "")
    if not there:
        words = "Nothing is known of them." if not acts else "What they did was done to products that are gone."
        states.said(words)
        return
    for one in there:
        item = catalogue.item(one["id"])
        one |= {"title": text.title(item), "image": cards.picture_url(item), "alt": text.title(item),
                "initial": (text.house(item) or text.title(item))[:1].upper()}  # fmt: skip
    shown = there[:SHOWN]
    span = min(LONGEST, max(60.0, max(one["days"] for one in shown) * 1.04))
    parts.history(
        {"acts": shown, "span": span, "half": HALF_LIFE_DAYS, "curves": [4.0, 1.0], "ticks": _ticks(span),
         "told": _told(shown)},
        key=KEY, label="What they did, the latest first", on_action=_follow,
    )  # fmt: skip
    half = f"{HALF_LIFE_DAYS:.0f}"
    older = f" {text.count(len(there) - SHOWN)} older ones are not drawn." if len(there) > SHOWN else ""
    states.said(
        f"Each dot is one act: the higher, the more it says today. What was bought says 4, put into the cart 3, "
        f"saved 2, looked at 1, and half as much after each {half} days. What was sent back counts against.{older}"
    )


def _acts(history: History, at: datetime) -> list[dict[str, Any]]:
    """The acts with a product that say something, the latest first."""
    weights = act_weights(history, at)
    now = visit_now(history, at)
    weights[now] = visit_weights(history, now)
    added = len(personas.extra())
    own = personas.kind() in (personas.INVENTED, personas.KEPT, personas.OWN)
    base = list(personas.persona().acts)
    order = sorted(range(len(base)), key=lambda n: (-base[n].days, n))  # as the history has them
    found = []
    rows = personas.acts_in(history)
    for place, n in enumerate(rows):
        kind, days = history.kinds[n], max(0.0, (at - history.moments[n]) / timedelta(days=1))
        extra = place - (len(rows) - added)  # what was done here came last
        what = -2.0 if kind == "not_for_me" else float(weights[n])
        strength = abs(STRENGTH.get(kind, 2.0))
        menu = [{"act": "extra-out", "label": "It never was"}] if extra >= 0 else []
        mine = own and extra < 0 and place < len(order)
        menu = MENU if mine else menu
        menu = [SENDS, *menu] if kind == "purchase" else menu
        found.append({
            "id": history.items[n], "days": round(days, 3), "kind": personas.DID[kind], "ago": personas.ago(days),
            "weight": round(what, 4), "strength": strength, "now": extra >= 0, "menu": [dict(one) for one in menu],
            "says": "counts against" if what < 0 else f"says {what:.1f}",
            "number": extra if extra >= 0 else order[place] if mine else -1,
        })  # fmt: skip
    return found[::-1]


def _ticks(span: float) -> list[dict[str, Any]]:
    step = 30 if span <= 190 else 90
    named = {0: "now", 30: "30 days: half"}
    return [{"days": days, "text": named.get(days, f"{days} days")} for days in range(0, int(span) + 1, step)]


def _told(acts: list[dict[str, Any]]) -> str:
    """The chart in a sentence, for who cannot see it."""
    most = max(acts, key=lambda one: one["weight"])
    return (
        f"{text.count(len(acts), 'act')} over {text.count(round(max(one['days'] for one in acts)), 'day')}; what says "
        f"most is {most['title']}, {most['kind'].lower()} {most['ago']}."
    )


def _follow() -> None:
    sent = parts.event(KEY)
    what, place = sent.get("type"), sent.get("place")
    if what == "open" and sent.get("id") in engine.shop().catalogue():
        st.session_state["kit:go"] = ("product.py", {"item": sent["id"]})
        return
    history = personas.person(engine.moment()).history
    acts = [one for one in _acts(history, engine.moment()) if one["id"] in engine.shop().catalogue(engine.at())]
    if not (isinstance(place, int) and 0 <= place < len(acts) and acts[place]["id"] == sent.get("id")):
        return
    one = acts[place]
    if what == SENDS["act"] and SENDS in one["menu"]:
        personas.act(one["id"], "return")
    elif what == "extra-out" and one["now"]:
        personas.forget_extra(one["number"])
    elif (what in MOVES or what == "act-out") and not one["now"]:
        _change(one["number"], str(what))


def _change(number: int, what: str) -> None:
    """Move one act of the persona in time, or take it out."""
    acts = list(personas.persona().acts)
    if 0 <= number < len(acts):
        moved = [] if what == "act-out" else [type(acts[number])(acts[number].item, acts[number].kind, MOVES[what])]
        personas.change(acts=(*acts[:number], *moved, *acts[number + 1 :]))
