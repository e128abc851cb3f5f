"""What counts in a look: sliders for the parts of its score and its variety; whether that is tried, drafted or live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.domain.changes import Key
from core.domain.errors import ShopError
from core.domain.looks import DEFAULT_PARTS, PARTS, LookStrategy
from core.domain.placements import Placement
from core.recommend.looks import learn
from pages.kit import board, charts, drafting, engine, looks, text, weighing

KEY = Key("strategy", str(Placement.LOOK))

HELP = {
    "worn_together": "How often such pieces are worn together in real outfits.",
    "colour": "Whether their colours belong together; quiet colours go with all.",
    "occasion": "Whether they are for the same occasion, season and degree of formality.",
    "price": "Whether they stand at a like price and tier of house.",
    "words": "What title and description say, read for their sense.",
    "picture": "What the pictures look like.",
    "learned": "What was learned from this shop's own outfits.",
}


def known() -> list[str]:
    """The parts that this shop's products have anything to say on."""
    off = {signal for signal, state in engine.shop().encoders().items() if state.name is None}
    missing = {"price": not engine.priced(), "words": "text" in off, "picture": "image" in off}
    return [part for part in PARTS if not missing.get(part)]


def parts(live: LookStrategy, known: Sequence[str]) -> list[str]:
    """The parts with a slider: those that can tell pieces of this shop apart."""
    return [part for part in PARTS if part in known and (part in DEFAULT_PARTS or live.weights.get(part))]


def panel(live: LookStrategy, known: Sequence[str]) -> None:
    """The panel. It reads and writes the board's session; the board asks `board.strategy`."""
    me = board.current()
    names = parts(live, known)
    now = dict(me.weights) or board.weigh(live)
    shares = text.shares({name: now.get(name, 0) for name in names})
    _head(live)
    charts.blend_line(shares, looks.part_name)
    for name in names:
        _part(name, now, shares, names)
    _diversity(live)


def counted() -> None:
    """What "worn together" was counted from: a shop's own outfits stand beside those it came with."""
    wardrobe = engine.shop().wardrobe(engine.at())
    if wardrobe.own is None:
        return
    with st.expander("Your outfits", key="look:outfits", type="compact"):
        _, verdict = learn.load(engine.shop().layout.data / "looks")
        own = wardrobe.own
        told = f"{text.count(len(own.outfits), 'outfit')} of your own."
        st.html(f'<p class="aside">{text.markup(told)} How much more often than by chance two kinds meet:</p>')
        rows = "".join(
            f"<tr><th scope='row'>{text.markup(_kinds(one))}</th>"
            + "".join(f"<td class='num'>{_lift(one[name])}</td>" for name in ("own", "shipped", "used"))
            + "</tr>"
            for one in own.beside(wardrobe.tables, 12)
        )
        heads = "".join(f"<th scope='col' class='num'>{name}</th>" for name in ("Yours", "Elsewhere", "Used"))
        st.html(
            '<div class="wide" tabindex="0" role="region" aria-label="Your outfits"><table class="plain-table">'
            f"<thead><tr><th scope='col'>Kinds</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
        if verdict is not None:
            unread = verdict.kept and wardrobe.learned is None
            said = "What was learned reads words by another model. Build anew to use it." if unread else verdict.reason
            st.html(f'<p class="aside">{text.markup(said)}</p>')


def _kinds(one: Mapping[str, Any]) -> str:
    return f"{one['a']} with {one['b']}".replace("_", " ")


def _lift(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def drafted() -> LookStrategy | None:
    """How looks are composed in this person's draft."""
    found = drafting.drafted(KEY)
    return None if found is None else LookStrategy.from_json(found)


def _head(live: LookStrategy) -> None:
    try:
        tried, differs = board.strategy(live)
        draft = drafted()
    except ShopError:
        tried, differs, draft = None, True, None
    kind = weighing.title("What counts", tried, differs, draft)
    weighing.deeds(
        kind, makes_sense=tried is not None, waits=draft is not None and draft != live, prefix="look:",
        why="look:publish_why", then="Every look of the shop will be composed like this at once.",
        seen="What shoppers see now", reset=reset, keep=partial(keep, tried), publish=partial(publish, tried),
        take_up=partial(take_up, draft, live),
    )  # fmt: skip


def _part(name: str, now: Mapping[str, int], shares: Mapping[str, int], names: Sequence[str]) -> None:
    def write(value: int) -> None:
        board.commit(weights={**{one: int(now.get(one, 0)) for one in names}, name: value})

    weighing.slider(
        looks.part_name(name), int(now.get(name, 0)), f"{shares[name]}{text.NBSP}%", HELP.get(name, ""),
        f"look:w:{name}", write,
    )  # fmt: skip


def _diversity(live: LookStrategy) -> None:
    me = board.current()
    now = board.varied(live) if me.diversity is None else me.diversity
    weighing.slider(
        "Diversity", now, str(now), "How much the three looks differ, and how many houses stand in one.",
        "look:diversity", lambda value: board.commit(diversity=value),
    )  # fmt: skip


def reset() -> None:
    board.commit(weights={}, diversity=None, brands=None)


def take_up(draft: LookStrategy, live: LookStrategy) -> None:
    board.commit(
        weights=board.weigh(draft), diversity=board.varied(draft),
        brands=None if draft.brands == live.brands else draft.brands,
    )  # fmt: skip


def keep(tried: LookStrategy) -> None:
    """Take what is tried into this person's draft; the controls can say all of it, so taking it up gives exactly it."""

    def work() -> str:
        drafting.keep(KEY, tried.as_json())
        return ""

    board.attempt(work)


def publish(tried: LookStrategy) -> None:
    why = str(st.session_state.get("look:publish_why") or "").strip()

    def work() -> str:
        done = drafting.publish(KEY, tried.as_json(), why)
        reset()
        return f"Live now, for everybody, as publication {done.version}."

    board.attempt(work)
