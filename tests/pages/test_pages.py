"""What each page shows and does, run through `pages/main.py`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import shop as shops
from core.domain.catalogue import State
from core.domain.changes import Key
from core.domain.query import Request
from core.domain.strategy import Strategy
from core.shop import Shop
from pages.kit import cards
from tests.pages.conftest import MAIN, ROOT, SECONDS, Visit, part, words
from tests.worlds import boutique, open_small_shop

PAGES = {
    "today.py": "Today",
    "catalogue.py": "Catalogue",
    "product.py": None,
    "you_may_also_like.py": "You May Also Like",
    "complete_the_look.py": "Complete the Look",
    "curation_rules.py": "Curation Rules",
    "shop_setup.py": "Shop setup",
}
BAG = "handbags-aurel-black"
LIKE = "you_may_also_like.py"
# Words of the engine room, which no page says.
UNSAID = re.compile(r"λ|σ|\bMMR\b|\bNDCG\b|\bz-?score|\bsnapshot|\blambda\b", re.IGNORECASE)


def listed(at: AppTest, key: str = "like:list") -> list[str]:
    return [card["id"] for card in part(at, key)["items"]]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_its_name_what_it_is_for_and_who_reads_the_words(
    page: str, read_shop: Shop, visit: Visit
) -> None:
    at = visit(page)
    said = words(at)
    assert PAGES[page] is None or PAGES[page] in at.title[0].value
    assert page == "product.py" or 'class="lede"' in said
    assert "Words read by weightless words" in said
    assert 'class="next"' in said, "a page ends with the next step"
    assert not UNSAID.search(re.sub(r"<style>.*?</style>", "", said, flags=re.S))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_run_alone_stops(page: str, read_shop: Shop) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=SECONDS).run()
    assert not at.exception
    assert "opens from Vitrine's menu" in at.error[0].value


@pytest.mark.parametrize("page", PAGES)
def test_before_there_is_an_edition_every_page_says_so_calmly(page: str, tmp_path: Path, monkeypatch) -> None:
    shops.install(None)
    monkeypatch.setenv("VITRINE_DATA", str(tmp_path))
    at = AppTest.from_file(MAIN, default_timeout=SECONDS).run()
    at.switch_page(page).run()
    assert not at.exception
    assert page == "shop_setup.py" or "The shop is opening" in words(at)


def test_a_name_is_asked_once_and_stands_beside_every_change(own_shop: Shop, visit: Visit) -> None:
    at = visit("product.py", who="", item=BAG)
    assert "What may we call you?" in words(at)
    at.button(key="sold_out").click().run()
    assert "Every change carries a name" in words(at)
    assert own_shop.item(BAG).pieces != 0
    at.text_input(key="control:name").set_value("  Ines   Duval ")
    at.button(key="begin").click().run()
    assert "What may we call you?" not in words(at)
    at.button(key="sold_out").click().run()
    assert own_shop.item(BAG).state(datetime.now(UTC)) is State.SOLD_OUT
    change = own_shop.facts_history(BAG)[0]
    assert (change.who, change.field, change.why) == ("Ines Duval", "stock", "Marked as sold out")
    assert "Ines Duval" in words(at), "the history names who did it"


def test_a_proxy_that_knows_who_is_there_is_believed_and_no_name_is_asked(
    own_shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_shop.settings = own_shop.settings.changed(trusted_user_header="X-User")
    assert "What may we call you?" not in words(visit(who=""))


def test_restocked_by_hand_a_product_is_on_sale_again(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts(BAG, {"stock": {"S": 0, "M": 0}}, who="Ines", why="gone")
    at = visit("product.py", item=BAG)
    assert "sold_out" not in [one.key for one in at.button], "what is sold out is not marked again"
    at.number_input(key=f"stock:{BAG}:M").set_value(3)
    at.button(key="restock:save").click().run()
    assert dict(own_shop.item(BAG).stock or {}) == {"S": 0, "M": 3}


def test_a_fact_is_corrected_by_hand_and_given_back_to_the_import(own_shop: Shop, visit: Visit) -> None:
    imported = own_shop.item(BAG).price
    at = visit("product.py", item=BAG)
    at.selectbox(key="correct:field").set_value("price").run()
    at.text_input(key=f"correct:{BAG}:price").set_value("1 250,50")
    at.button(key="correct:save").click().run()
    assert own_shop.item(BAG).price == 125050
    at.button(key="clear:price").click().run()
    assert own_shop.item(BAG).price == imported
    assert "as imported" in words(at)


def test_what_cannot_be_a_price_changes_nothing_and_says_so(own_shop: Shop, visit: Visit) -> None:
    before = own_shop.item(BAG).price
    at = visit("product.py", item=BAG)
    at.selectbox(key="correct:field").set_value("price").run()
    at.text_input(key=f"correct:{BAG}:price").set_value("dear")
    at.button(key="correct:save").click().run()
    assert "is not a price" in words(at)
    assert own_shop.item(BAG).price == before


def test_the_list_on_the_page_is_the_engines_list(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    assert listed(at) == list(read_shop.recommend(Request(anchor=BAG, k=10)).ids)


def test_a_moved_weight_changes_the_list_and_says_that_only_you_see_it(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    before = listed(at)
    assert ">Live<" in words(at)
    at.slider(key="control:w:attributes").set_value(100).run()
    at.slider(key="control:w:text").set_value(0).run()
    assert "Trying (only you)" in words(at)
    assert listed(at) != before
    at.slider(key="control:w:image").set_value(5).run()
    at.slider(key="control:w:image").set_value(35).run()
    at.button(key="reset").click().run()
    assert ">Live<" in words(at)
    assert listed(at) == before


def test_shares_of_weights_add_up_to_a_hundred(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    at.slider(key="control:w:text").set_value(33).run()
    bar = next(one.proto.body for one in at.get("html") if 'class="blend"' in one.proto.body)
    assert sum(int(n) for n in re.findall(r"flex:(\d+)", bar)) == 100


def test_all_weights_at_nothing_is_said_and_not_a_crash(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    for name in ("text", "image", "attributes"):
        at.slider(key=f"control:w:{name}").set_value(0).run()
    assert not at.exception
    assert "All weights are 0" in words(at)
    at.button(key="reset").click().run()
    assert listed(at)


def test_diversity_moves_products_and_the_reasons_still_add_up(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    at.slider(key="control:diversity").set_value(0).run()
    closest = part(at, "like:list")["items"]
    at.slider(key="control:diversity").set_value(90).run()
    varied = part(at, "like:list")["items"]
    assert [card["id"] for card in closest] != [card["id"] for card in varied]
    assert any(card["moved"] for card in varied)
    for card in closest + varied:
        why = card["why"]
        exact = [float(one["exact"]) for one in why["parts"]]
        assert sum(exact) == pytest.approx(float(why["exact"]), abs=1e-9)
        shown = sum(float(one["text"].replace("−", "-")) for one in why["parts"])
        assert shown == pytest.approx(float(why["sum"].replace("−", "-")), abs=1e-6)


def test_a_draft_is_kept_under_its_name_and_made_live_for_everybody(own_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, item=BAG)
    at.slider(key="control:w:text").set_value(80).run()
    at.button(key="draft").click().run()
    assert ">In draft<" in words(at)
    at.button(key="reset").click().run()
    assert ">Live<" in words(at)
    again = visit(LIKE, item=BAG)
    again.button(key="take_draft").click().run()
    assert ">In draft<" in words(again)
    again.text_input(key="control:publish_why").set_value("Words say more here")
    again.button(key="publish").click().run()
    assert ">Live<" in words(again)
    history = own_shop.studio.strategy_history()[0]
    assert (history.who, history.why) == ("Ines", "Words say more here")
    assert own_shop.strategy().weights["text"] > own_shop.strategy().weights["image"]


def test_the_chosen_product_travels_between_pages(read_shop: Shop, visit: Visit) -> None:
    at = visit("product.py", item="boots-corvin-red")
    at.switch_page(LIKE).run()
    assert listed(at) == list(read_shop.recommend(Request(anchor="boots-corvin-red", k=10)).ids)


def test_an_unknown_product_says_so_and_offers_the_catalogue(read_shop: Shop, visit: Visit) -> None:
    at = visit("product.py", item="no-such-thing")
    assert "There is no product with the id" in words(at)
    assert at.title[0].value == "Product"
    assert 'class="foot"' in words(at)
    again = visit("product.py", item=BAG)
    again.query_params["item"] = "no-such-thing"
    again.run()
    del again.query_params["item"]
    again.run()
    assert "There is no product" not in words(again), "a bad address leaves what was chosen before"


def test_why_a_product_is_missing_is_answered_by_name(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts("totes-corvin-red", {"stock": {"S": 0, "M": 0}}, who="Ines", why="")
    at = visit(LIKE, item=BAG)
    at.session_state["answers:about"] = "totes-corvin-red"
    at.run()
    assert "old out" in words(at)
    at.session_state["answers:about"] = "handbags-aurel-black"
    at.run()
    assert "the product itself" in words(at)


def test_the_sheet_shows_many_lists_with_the_same_weights(read_shop: Shop, visit: Visit) -> None:
    at = visit(LIKE, mode="sheet")
    rows = part(at, "like:sheet")["rows"]
    assert len(rows) == 20
    for row in rows[:3]:
        anchor = row["anchor"]["id"]
        assert [one["id"] for one in row["items"]] == list(read_shop.recommend(Request(anchor=anchor, k=10)).ids)
    at.slider(key="control:w:text").set_value(0).run()
    assert part(at, "like:sheet")["rows"] != rows


def test_the_catalogue_opens_as_its_address_says(read_shop: Shop, visit: Visit) -> None:
    at = visit("catalogue.py", category="Boots", brand="Corvin")
    shown = part(at, "catalogue:grid")["items"]
    assert {card["id"] for card in shown} == {f"boots-corvin-{colour}" for colour in ("black", "brown", "navy", "red")}
    assert "Boots" in at.query_params["category"]
    at.button(key="token:all").click().run()
    assert "120\u00a0products" in words(at)
    assert "category" not in at.query_params


def test_a_search_finds_by_the_letter(read_shop: Shop, visit: Visit) -> None:
    at = visit("catalogue.py")
    at.text_input(key="control:words").set_value("norrland navy loafers").run()
    assert listed(at, "catalogue:grid")[0] == "loafers-norrland-navy"
    at.text_input(key="control:words").set_value("qqqqzzzz").run()
    assert not at.exception


def test_facets_count_and_a_forged_choice_changes_nothing(read_shop: Shop, visit: Visit) -> None:
    from pages.kit import narrowing

    groups = {group["field"]: group for group in part(visit("catalogue.py"), "catalogue:facets")["groups"]}
    boots = next(one for one in groups["type"]["options"] if one["value"] == "Boots")
    assert boots["count"] == "20"
    assert {one["value"] for one in groups["category"]["options"]} == {"Bags", "Shoes", "Clothing"}
    for forged in ({"field": "__class__", "value": "x", "on": True}, {"field": "brand", "value": 7, "on": True}, {}):
        assert narrowing.changed(forged, {}, None, None, "EUR") == ({}, None, None)


def test_the_shop_as_of_another_day_shows_what_will_be_on_sale_then(
    tmp_path: Path, weightless: None, visit: Visit
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=10)
    items = boutique()
    items[0] = type(items[0])(**{**_fields(items[0]), "embargo_until": ahead, "title": "A capsule piece"})
    shop = open_small_shop(tmp_path / "shop", items)
    shops.install(shop)
    try:
        now = visit("product.py", item=items[0].id)
        assert "Coming" in words(now)
        then = visit("product.py", item=items[0].id)
        then.session_state["session"] = {"who": "Ines", "as_of": (ahead + timedelta(days=1)).date().isoformat()}
        then.run()
        assert "Coming" not in words(then).split("Shown in")[0]
    finally:
        shops.install(None)


def _fields(item) -> dict:
    return {name: getattr(item, name) for name in type(item).__dataclass_fields__}


HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", ":red[danger]", "[a link](https://evil.example)",
    "![pixel](https://evil.example/p.png)", "$\\frac{1}{2}$", "**loud** _quiet_ `code` # head",
    ":material/home: :smile:",
    "https://evil.example/autolink", "www.evil.example",
)  # fmt: skip


def dangers(at: AppTest) -> list[str]:
    """What of the hostile texts a page sent unescaped, in markdown or in our own HTML."""
    said = re.sub(r"<style>.*?</style>", "", words(at), flags=re.S).replace("\\<", "")
    return [sign for sign in ("<script", "<img src=x", "onerror=alert(1)>") if sign in said]


def test_what_a_catalogue_says_is_shown_as_text(tmp_path: Path, weightless: None, visit: Visit) -> None:
    items = boutique()
    for n, words_ in enumerate(HOSTILE):
        items[n] = type(items[n])(
            **{**_fields(items[n]), "title": words_, "brand": words_, "description": words_, "family_id": None}
        )
    shops.install(open_small_shop(tmp_path / "shop", items))
    try:
        for n, hostile in enumerate(HOSTILE):
            at = visit("product.py", item=items[n].id)
            assert at.title[0].value.replace("\u2060", "") == re.sub(r"([^A-Za-z0-9\s])", r"\\\1", hostile)
            assert not dangers(at)
        assert not dangers(visit(LIKE, item=items[0].id))
    finally:
        shops.install(None)


def test_today_leads_from_each_line_to_its_place(own_shop: Shop, visit: Visit) -> None:
    own_shop.change_facts(BAG, {"stock": {"S": 0, "M": 0}}, who="Ines", why="gone")
    lines = {line["id"]: line for line in part(visit(), "today:lines")["lines"]}
    assert lines["sold_out"]["href"] == "/catalogue?state=sold+out"
    at = visit("catalogue.py", state="sold out")
    assert BAG in listed(at, "catalogue:grid")


def test_shop_setup_names_the_encoders_and_keeps_the_editions(read_shop: Shop, visit: Visit) -> None:
    said = words(visit("shop_setup.py"))
    assert read_shop.snapshot.id in said
    assert "weightless pictures" in said
    assert "Bring your own catalogue" in said


def test_a_dry_run_says_what_is_wrong_before_anything_is_imported(own_shop: Shop, visit: Visit) -> None:
    before = own_shop.layout.source
    listing = sorted(before.rglob("*"))
    at = visit("shop_setup.py")
    table = b"id,title,price,brand\n1,A fine bag,120,Aurel\n1,Twice,90,Aurel\n3,Cheap,-5,Corvin\n4,A coat,900,Corvin\n"
    at.file_uploader[0].upload("mine.csv", table, "text/csv")
    at.run()
    assert not at.exception
    said = words(at)
    assert "Dry run" in said
    assert "Refused rows" in said
    assert sorted(before.rglob("*")) == listing, "nothing is written before it is confirmed"


def test_a_file_that_is_no_table_is_refused_with_a_reason(own_shop: Shop, visit: Visit) -> None:
    at = visit("shop_setup.py")
    at.file_uploader[0].upload("mine.csv", b"\x00\x01\x02" * 50, "text/csv")
    at.run()
    assert not at.exception
    assert 'role="alert"' in words(at) or "cannot be imported" in words(at)


def test_no_page_loads_an_encoder() -> None:
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"AppTest.from_file({MAIN!r}, default_timeout={SECONDS}).run()\n"
        "names = ('torch', 'sentence_transformers', 'open_clip', 'sklearn', 'plotly.express')\n"
        "print('HEAVY', [name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_components_write_catalogue_text_as_text_only() -> None:
    for script in (ROOT / "pages" / "kit" / "parts").glob("*.js"):
        source = script.read_text(encoding="utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in source, f"{script.name} uses {way}"


def test_part_data_is_plain_json(read_shop: Shop, visit: Visit) -> None:
    assert json.dumps(part(visit(LIKE, item=BAG), "like:list"))


def test_the_reason_of_a_change_stands_in_the_history(own_shop: Shop, visit: Visit) -> None:
    at = visit("product.py", item=BAG)
    at.text_input(key=f"sold_out:why:{BAG}").set_value(" Recalled:  lining ").run()
    at.button(key="sold_out").click().run()
    assert own_shop.facts_history(BAG)[0].why == "Recalled: lining"
    assert "no list shows it until it is back" in words(at)
    assert {one.value for one in at.number_input} == {0}, "what is typed next begins at what is left now"
    at.number_input(key=f"stock:{BAG}:M").set_value(2)
    at.text_input(key="restock:why").set_value("Back from the atelier")
    at.button(key="restock:save").click().run()
    assert own_shop.facts_history(BAG)[0].why == "Back from the atelier"


def test_a_product_lifted_from_far_says_so_on_its_card_and_among_its_reasons(read_shop: Shop) -> None:
    listing = read_shop.recommend(Request(anchor=BAG, k=10, strategy=Strategy(lam=0.0)))
    items = {one.id: read_shop.item(one.id) for one in listing.items}
    made = cards.listed(listing, items, at=datetime.now(UTC))
    lifted = [(one, card) for one, card in zip(listing.items, made, strict=True) if one.moved >= cards.FAR]
    assert lifted
    for one, card in lifted:
        assert card["note"] == f"For variety, from place {one.rank + one.moved}"
        assert any(f"place {one.rank + one.moved}; it was lifted for variety" in line for line in card["why"]["lines"])


def test_a_product_that_a_rule_gave_its_place_is_not_said_to_be_there_for_variety(read_shop: Shop) -> None:
    live = read_shop.recommend(Request(anchor=BAG, k=10))
    other = next(one.id for one in read_shop.recommend(Request(anchor=BAG, k=40)).items[::-1] if one.id not in live.ids)
    rule = {"id": "q", "kind": "quota", "at_least": 1, "target": {"items": [other]}}
    listing = read_shop.recommend(Request(anchor=BAG, k=10), draft={Key("rule", "q"): rule})
    items = {one.id: read_shop.item(one.id) for one in listing.items}
    card = cards.listed(listing, items, at=datetime.now(UTC))[listing.ids.index(other)]
    assert not card["note"]
    assert "has its place by" in card["why"]["lines"][-1]
    assert not any("variety" in line for line in card["why"]["lines"])
