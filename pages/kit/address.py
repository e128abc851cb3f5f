"""The address bar: what a page shows can be linked to, and a link opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

Parameters = Mapping[str, Sequence[str]]


def link(page: str, **parameters: str | Sequence[str] | None) -> str:
    """The path of a page with its parameters, for the links of cards and lines."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", [], ())}
    return f"/{page}?{urlencode(given, doseq=True)}" if given else f"/{page}"


def arrived(page: str) -> dict[str, list[str]] | None:
    """The parameters somebody came here with; None where there are none, or where we wrote them ourselves."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    return None if not now or now == st.session_state.get(f"address:{page}") else now


def write(page: str, parameters: Parameters) -> None:
    """Make the address say what the page shows."""
    given = {name: [*values] for name, values in parameters.items() if values}
    st.session_state[f"address:{page}"] = given
    if {name: st.query_params.get_all(name) for name in st.query_params} != given:
        st.query_params.from_dict(given)
