"""The menu: sections of pages, in the order of a working day. Only pages that exist stand in it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parents[1]
ASSETS = PAGES.parent / "assets"
ROW = 6  # pages that fit beside the day and the name on a small screen
SETUP = "shop-setup"  # the page that shows long work in its own place


def sections() -> dict[str, list[st.Page]]:
    """Menu section -> its pages. A page that is reached by link alone is hidden."""
    return {
        "": [_page("today", "Today", default=True)],
        "Shop": [
            _page("catalogue", "Catalogue"),
            _page("product", "Product", visibility="hidden"),
            _page("map", "Map"),
            _page("shoppers", "Shoppers"),
        ],
        "Lists": [
            _page("you_may_also_like", "You May Also Like"),
            _page("complete_the_look", "Complete the Look"),
        ],
        "Shape": [
            _page("tuning", "Tuning"),
            _page("curation_rules", "Curation Rules"),
            _page("house_view", "House view"),
            _page("new_arrivals", "New Arrivals"),
        ],
        "Publish": [_page("publish", "Publish")],
        "Setup": [_page("shop_setup", "Shop setup", icon=":material/settings:")],
    }


def navigation() -> st.Page:
    """Put up the menu, and return the page that was asked for.

    While all pages fit into one row, drop-downs would only hide things: the menu is flat.
    """
    by_section = sections()
    shown = sum(page.visibility == "visible" for pages in by_section.values() for page in pages)
    flat = shown <= ROW
    pages = [page for pages in by_section.values() for page in pages] if flat else by_section
    return st.navigation(pages, position="top")


def _page(file: str, title: str, **more) -> st.Page:
    return st.Page(PAGES / f"{file}.py", title=title, url_path=file.replace("_", "-"), **more)
