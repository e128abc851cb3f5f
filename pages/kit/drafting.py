"""How a placement is weighed, between trying and live: kept in this person's draft, taken up again, made live."""

from __future__ import annotations

import streamlit as st

from core.curation.desk import Desk
from core.domain.changes import Change, Key, Plain
from core.store.publications import Published
from pages.kit import documents, engine, tray


def drafted(key: Key) -> Plain | None:
    """What a document is in this person's draft; None where the draft says nothing of it."""
    desk = tray.desk()
    changes = desk.draft().changes if desk is not None else ()
    return next((change.after for change in changes if change.key == key), None)


def keep(key: Key, plain: Plain) -> None:
    """Take a document into this person's draft. Raises BadRequest without a name."""
    Desk(engine.shop().studio, engine.who()).edit(key, plain, says=documents.lines(key, plain)[0], at=engine.now())
    st.session_state["kit:again"] = True  # the tray stands outside of what is redrawn


def publish(key: Key, plain: Plain, why: str) -> Published:
    """Make a document live as a publication of its own. Raises Conflict, and BadRequest without a comment."""
    desk = Desk(engine.shop().studio, engine.who())
    change = Change(key, desk.published().get(key), plain, tuple(documents.lines(key, plain)))
    done = desk.publications.publish(
        [change], name=documents.name_of(key, None), who=desk.who, at=engine.now(), why=why
    )  # fmt: skip
    desk.take_theirs(key, engine.now())  # what is live need not wait in the draft
    st.session_state["kit:again"] = True
    return done


def drop(key: Key, says: str) -> None:
    """Take a document out, in this person's draft. Raises BadRequest without a name."""
    Desk(engine.shop().studio, engine.who()).edit(key, None, says=says, at=engine.now())
    st.session_state["kit:again"] = True
