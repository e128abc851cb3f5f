"""Choices of one page that outlive its controls: a plain dictionary, shown and written field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st


def of(store: str, default: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is kept under `store`; `default` where nothing is."""
    kept = st.session_state.get(store)
    return dict(kept) if isinstance(kept, Mapping) else dict(default or {})


def keep(store: str, plain: Mapping[str, Any]) -> None:
    st.session_state[store] = dict(plain)


def put(store: str, **changes: Any) -> None:
    keep(store, {**of(store), **changes})


def bound(store: str, name: str, default: Any = None, then: Callable[[], None] | None = None) -> dict[str, Any]:
    """Arguments of a control that shows the field `name` and writes it back. then: called once it is written."""
    key = f"{store}:{name}"
    st.session_state[key] = of(store).get(name, default)

    def write() -> None:
        put(store, **{name: st.session_state[key]})
        if then is not None:
            then()

    return {"key": key, "on_change": write}
