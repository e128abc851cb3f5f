"""What a draft does to For You, which has a list for each shopper: it is seen on the personas of the shop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.domain.changes import Documents
from core.domain.placements import PLACEMENT_NAMES, Placement
from core.domain.query import Request
from core.recommend.for_you import Shift, shifts
from core.recommend.personas import Persona
from pages.kit import address, cards, engine, parts, personas, states, text

KEY = "publish:personas"
SHOWN = 4  # pictures of what comes in


@dataclass(frozen=True, slots=True)
class Seen:
    """A persona, and what stands elsewhere in its list with the draft."""

    persona: Persona
    moved: tuple[Shift, ...]


def measuring(draft: Documents, locale: str | None) -> Callable[[Callable[[int, int], None]], tuple[Seen, ...]]:
    """What makes the lists of the ready-made personas, as they are and with the draft, beside the page."""
    shop, at, everybody = engine.shop(), engine.moment(), personas.invented()

    def made(tell: Callable[[int, int], None]) -> tuple[Seen, ...]:
        found = []
        for done, one in enumerate(everybody, 1):
            asked = Request(Placement.FOR_YOU, at=at, shopper=one.person(at), locale=locale)
            found.append(Seen(one, shifts(shop.recommend(asked), shop.recommend(asked, draft=draft))))
            tell(done, len(everybody))
        return tuple(found)

    return made


def panel(found: Sequence[Seen]) -> None:
    """A line for each persona whose list changes, those that change most first; a click looks at it."""
    st.subheader(text.plain(PLACEMENT_NAMES[Placement.FOR_YOU]), anchor=False)
    changed = sorted((one for one in found if one.moved), key=lambda one: -len(_here(one)))
    many = text.count(len(found), "persona")
    if not changed:
        states.said(f"Every shopper has a list of their own. Of {many} of this shop, none sees another list.")
        return
    see = "see" if len(changed) != 1 else "sees"
    states.said(f"Every shopper has a list of their own. Of {many} of this shop, {len(changed)} {see} another list.")
    parts.ledger([_line(one) for one in changed], key=KEY, label="Personas whose list changes", on_action=_follow)


def _here(one: Seen) -> list[Shift]:
    """What stands in the list with the draft, and not where it stands today."""
    return [shift for shift in one.moved if shift.after is not None]


def _line(one: Seen) -> dict[str, object]:
    catalogue = engine.shop().catalogue(engine.at())
    came = [shift.id for shift in _here(one) if shift.before is None]
    others = len(_here(one)) - len(came)
    said = [f"{text.count(len(came), 'product')} new" if came else "", f"{others} moved" if others else ""]
    words = text.listed([part for part in said if part]) or f"{text.count(len(one.moved), 'product')} left"
    return {
        "id": one.persona.key, "figure": str(len(came) + others), "title": one.persona.name, "text": f"{words}.",
        "go": "Look at it", "href": address.link(personas.PAGE, persona=one.persona.key), "tone": "",
        "pictures": [{"image": cards.picture_url(item), "initial": text.title(item)[:1].upper()} for item in
                     map(catalogue.item, came[:SHOWN])],
    }  # fmt: skip


def _follow() -> None:
    key = parts.event(KEY).get("id")
    if key in {one.key for one in personas.invented()}:
        st.session_state["kit:go"] = ("shoppers.py", {"persona": key})
