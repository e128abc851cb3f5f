"""The Streamlit script: page settings, who is there, the menu, and the page that was asked for.

It stands among the pages on purpose: with a `pages` folder beside the script, Streamlit would run a deep-linked
page file on its own, without this one.
"""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.kit import frame, menu, session, states, tray  # noqa: E402

st.set_page_config(page_title="Vitrine", page_icon=str(menu.ASSETS / "favicon.png"), layout="wide")
st.logo(str(menu.ASSETS / "wordmark.svg"), size="large")
frame.style()
session.begin()
frame.begin()
page = menu.navigation()


@states.guarded
def show() -> None:
    frame.recognise()
    frame.masthead()
    frame.welcome()
    tray.tray(at_the_desk=page.url_path == "publish")
    if page.url_path != menu.SETUP:
        states.building()
    states.guarded(page.run)()
    frame.foot()


show()
