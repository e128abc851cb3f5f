"""A catalogue file becomes the catalogue a shop's people meant, and nothing is written before they say so."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.catalogue import Catalogue, Item
from core.domain.errors import BadRequest, Conflict, Refused
from core.intake.importer import carry_out, plan, set_aside
from core.intake.mapping import map_columns, read_mapping
from core.intake.presets import brand_of_titles
from core.settings import Settings
from core.store.layout import Layout
from core.store.lock import exclusive
from core.store.source import load_source

SETTINGS = Settings()
AT = datetime(2026, 5, 1, tzinfo=UTC)


def planned(folder: Path, content: str, name: str = "shop.csv", **options):
    (folder / name).write_text(content, encoding="utf-8")
    return plan(folder / name, settings=options.pop("settings", SETTINGS), **options)


@pytest.mark.parametrize(
    ("headers", "field", "column"),
    [
        (["Référence", "Nom du produit", "Prix TTC"], "id", "Référence"),
        (["Artikel-Nr.", "Bezeichnung", "Preis"], "title", "Bezeichnung"),
        (["Codice", "Titolo", "Prezzo", "Taglia"], "price", "Prezzo"),
        (["SKU", "Product Name", "Retail Price"], "price", "Retail Price"),
        (["id", "title", "Prix d’achat"], "cost", "Prix d’achat"),
        (["id", "title", "Compare At Price"], "former_price", "Compare At Price"),
        (["id", "title", "Größe"], "size", "Größe"),
        (["id", "title", "Matière"], "material", "Matière"),
        (["id", "title", "Color"], "colour", "Color"),
        (["id", "title", "Erscheinungsdatum"], "release_at", "Erscheinungsdatum"),
    ],
)
def test_columns_are_recognised_by_name_in_four_languages(headers, field, column):
    assert map_columns(headers).fields[field] == (column,)


def test_a_mapping_that_makes_no_sense_is_refused_with_what_there_is():
    headers = ["id", "title"]
    with pytest.raises(BadRequest, match="no field called 'colr'"):
        map_columns(headers, mapping={"colr": "id"})
    with pytest.raises(BadRequest, match=r"no column called 'x'.*id, title"):
        map_columns(headers, mapping={"brand": "x"})
    with pytest.raises(BadRequest, match="both brand and title"):
        map_columns(headers, mapping={"brand": "title", "title": "title"})
    with pytest.raises(BadRequest, match="field=column"):
        read_mapping(["title"])


def test_an_explicit_mapping_wins_and_what_is_left_over_is_kept(tmp_path):
    text = "id,title,name,washing,secret\n1,Bag,Borsa,cold,x\n"
    result = planned(tmp_path, text, mapping={"title": "name", "ignore": "secret"})
    assert result.after is not None
    assert result.after.item("1") == Item(id="1", title="Borsa", extra={"title": "Bag", "washing": "cold"})


def test_every_field_finds_its_place(tmp_path):
    text = (
        "id;style code;title;brand;tier;category;gender;colour;material;pattern;occasion;season;collection;description;"
        "tags;"
        "price;currency;was_price;cost;stock_S;stock_M;release_date;embargo;washing\n"
        '1;F1;Bag;Aurel;2;Bags > Handbags;Ladies;Black/Gold;"leather|silk";plain;work, evening;autumn;Permanent;Fine.;'
        "a|b;"
        "120,00;EUR;150,00;60,00;2;0;01/09/2026;2026-09-10 10:00;cold\n"
    )
    result = planned(tmp_path, text)
    assert result.report.counts == {}
    assert result.after is not None
    assert result.after.item("1") == Item(
        id="1", family_id="F1", title="Bag", brand="Aurel", brand_tier=2, category=("Bags", "Handbags"),
        type="Handbags",
        audience="women", colour=("Black", "Gold"), material=("leather", "silk"), pattern="plain",
        occasion=("work", "evening"), season=("autumn",), collection="Permanent", description="Fine.", tags=("a", "b"),
        price=12000, currency="EUR", former_price=15000, cost=6000, stock={"S": 2, "M": 0},
        release_at=datetime(2026, 8, 31, 22, tzinfo=UTC), embargo_until=datetime(2026, 9, 10, 8, tzinfo=UTC),
        extra={"washing": "cold"},
    )  # fmt: skip


def test_a_shop_has_one_currency(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,$12\n2,Hat,$13\n3,Belt,14 €\n", settings=Settings(currency="USD"))
    assert result.after is not None
    assert [item.currency for item in result.after] == ["USD", "USD"]
    assert result.report.counts == {"other_currency": 1}
    named = planned(tmp_path, "id,title,price,currency\n1,Bag,1200,JPY\n2,Hat,9,EUR\n3,Cap,3000,JPY\n4,Tie,1,xx\n")
    assert named.after is not None
    assert [(item.id, item.price) for item in named.after] == [("1", 1200), ("3", 3000)]
    assert named.report.counts == {"currency": 1, "other_currency": 1, "bad_currency": 1}


def test_a_sale_price_is_the_price_and_the_price_the_former_one(tmp_path):
    result = planned(tmp_path, "id,title,price,sale_price\n1,Bag,20,15\n2,Hat,20,\n3,Cap,20,25\n")
    assert result.after is not None
    assert [(item.price, item.former_price) for item in result.after] == [(1500, 2000), (2000, None), (2000, None)]


def test_rows_that_differ_only_in_size_are_one_product(tmp_path):
    result = planned(tmp_path, "id,title,size,stock\n1,Bag,S,2\n1,Bag,M,0\n2,Hat,,5\n1,Bag,S,9\n")
    assert result.after is not None
    assert result.after.item("1").stock == {"S": 2, "M": 0}
    assert result.after.item("2").stock == {"": 5}
    assert result.report.counts == {"sizes_joined": 1, "duplicate_id": 1}


def test_an_audience_without_a_group_is_for_all_and_its_word_is_kept(tmp_path):
    result = planned(tmp_path, "id,title,gender\n1,Bag,kids\n")
    assert result.after is not None
    assert (result.after.item("1").audience, result.after.item("1").extra) == (None, {"gender": "kids"})


def test_a_product_feed_for_google_is_read_as_meant(tmp_path):
    text = (
        "id,title,link,image_link,availability,price,sale_price,brand,gtin,product_type,gender,age_group,color,item_group_id\n"
        "A-1,Rain coat,https://x/1,https://x/1.jpg,in_stock,120.00 EUR,99.00 EUR,Aurel,0123456789012,"
        "Home > Women > Coats,female,adult,Blue/White,F1\n"
        "A-2,Kids coat,https://x/2,,out_of_stock,60.00 EUR,,Aurel,,Home > Kids > Coats,female,kids,Red,F2\n"
    )
    result = planned(tmp_path, text)
    assert result.after is not None
    coat, kids = result.after
    assert (coat.price, coat.former_price, coat.currency, coat.stock) == (9900, 12000, "EUR", None)
    assert (coat.category, coat.type, coat.colour) == (("Home", "Women", "Coats"), "Coats", ("Blue", "White"))
    assert (coat.audience, kids.audience, kids.stock, coat.family_id) == ("women", "girls", {"": 0}, "F1")
    assert result.report.counts == {"stock_without_number": 1, "picture_urls": 1}


def test_a_family_is_never_guessed_and_a_doubtful_one_is_told(tmp_path):
    assert "family_id" not in map_columns(["id", "title", "Famille", "Style", "Model"]).fields
    rows = "".join(f"{i},Bag {i},Bags\n" for i in range(60))
    assert planned(tmp_path, "id,title,family_id\n" + rows).report.counts == {"large_families": 1}


def test_an_unreadable_embargo_keeps_its_product_out(tmp_path):
    result = planned(tmp_path, "id,title,embargo\n1,Bag,next spring\n2,Hat,\n")
    assert result.after is not None
    assert result.after.ids == ("2",)


def test_personal_data_is_flagged_by_row_and_named_for_the_encoders(tmp_path):
    head = "id,title,description,note,_personal\n"
    text = head + "1,Bag,Returned by Jane Doe,jane@example.org,forged\n2,Hat,Fine,,x\n"
    result = planned(tmp_path, text)
    assert result.after is not None
    assert result.after.item("1").extra["_personal"] == "description,extra.note"
    assert "_personal" not in result.after.item("2").extra
    flagged = [f for f in result.report.findings if f.code == "personal_data"]
    assert [(f.row, f.column) for f in flagged] == [(2, "description"), (2, "note")]
    assert all("Doe" not in str(f.value) and "example" not in str(f.value) for f in flagged)
    assert result.report.personal == 1


def test_the_report_says_what_the_shop_lacks_and_what_works_without(tmp_path):
    result = planned(tmp_path, "id,title,price\n1,Bag,5\n2,Hat,\n")
    sentences = {gap.field: gap.text for gap in result.report.gaps}
    assert sentences["price"].startswith("1 of 2 products have no price: ")
    assert sentences["stock"].startswith("No product has a stock count: unknown stock counts as in stock")
    assert "title" not in sentences


def test_a_plan_writes_nothing_and_carrying_out_writes_it(tmp_path):
    layout = Layout(tmp_path / "data")
    result = planned(tmp_path, "id,title,price\n1,Bag,5\n2,Hat,-1\n")
    assert not layout.data.exists()
    done = carry_out(result, layout, who="Ada", at=AT)
    catalogue, meta = load_source(layout)
    assert catalogue.ids == done.catalogue.ids == ("1",)
    assert (meta["who"], meta["refused"], meta["findings"]) == ("Ada", 1, {"negative_price": 1})
    assert set_aside(result, tmp_path / "bad.csv") == 1
    assert "The price is negative." in (tmp_path / "bad.csv").read_text("utf-8-sig")


def test_a_plan_that_is_not_ready_or_no_longer_true_is_not_carried_out(tmp_path):
    layout = Layout(tmp_path / "data")
    with pytest.raises(BadRequest, match="cannot be carried out"):
        carry_out(planned(tmp_path, "id,price\n1,5\n"), layout, who="Ada", at=AT)
    result = planned(tmp_path, "id,title\n1,Bag\n")
    (tmp_path / "shop.csv").write_text("id,title\n1,Changed\n")
    with pytest.raises(Refused, match="has changed"):
        carry_out(result, layout, who="Ada", at=AT)
    good = planned(tmp_path, "id,title\n1,Bag\n")
    with exclusive(layout, "build"), pytest.raises(Conflict):
        carry_out(good, layout, who="Ada", at=AT)
    assert not layout.source.exists()


def test_replacing_names_added_changed_and_removed_products(tmp_path):
    present = Catalogue.of(Item(id=i, title=t, pictures=("k",)) for i, t in (("1", "Bag"), ("2", "Hat"), ("3", "Cap")))
    result = planned(tmp_path, "id,title\n1,Bag\n2,Top hat\n4,Tie\n", present=present)
    report = result.report
    assert (report.added, report.changed, report.removed, report.unchanged) == (("4",), ("2",), ("3",), 1)
    assert result.after is not None
    assert result.after.item("1").pictures == ("k",)
    assert report.summary() == "3 products from 3 rows, 1 new, 1 changed, 1 removed."


def test_merging_changes_only_what_the_file_says(tmp_path):
    layout = Layout(tmp_path / "data")
    first = planned(tmp_path, "id,title,brand,price,washing\n1,Bag,Aurel,5,cold\n2,Hat,Aurel,6,\n")
    carry_out(first, layout, who="Ada", at=AT)
    present = load_source(layout)[0]
    result = planned(tmp_path, "id,price,title,ironing\n1,7,,mild\n3,8,Cap,\n4,9,,\n", present=present, merge=True)
    assert (result.report.added, result.report.changed, result.report.removed) == (("3",), ("1",), ())
    assert result.report.counts == {"new_without_title": 1}
    after = carry_out(result, layout, who="Ada", at=AT).catalogue
    assert after.ids == ("1", "2", "3")
    assert after.item("1") == Item(
        id="1", title="Bag", brand="Aurel", price=700, currency="EUR", extra={"washing": "cold", "ironing": "mild"}
    )
    assert after.item("2") == present.item("2")


def test_a_merge_does_not_undo_an_import_in_between(tmp_path):
    layout = Layout(tmp_path / "data")
    carry_out(planned(tmp_path, "id,title\n1,Bag\n", "a.csv"), layout, who="Ada", at=AT)
    present = load_source(layout)[0]
    mine = planned(tmp_path, "id,title\n2,Hat\n", "b.csv", present=present, merge=True)
    theirs = planned(tmp_path, "id,title\n3,Cap\n", "c.csv", present=present, merge=True)
    carry_out(theirs, layout, who="Bea", at=AT)
    assert carry_out(mine, layout, who="Ada", at=AT).catalogue.ids == ("1", "2", "3")


def test_merging_prices_of_another_currency_is_refused(tmp_path):
    present = Catalogue.of([Item(id="1", title="Bag", price=5, currency="EUR")])
    result = planned(tmp_path, "id,price\n1,£5\n", present=present, merge=True)
    assert not result.ready
    assert "GBP" in result.report.summary()


# --- presets ----------------------------------------------------------------------------------------------------------

STYLES = """id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,Turtle Check Men Navy Blue Shirt
39386,Men,Apparel,Bottomwear,Jeans,Blue,Summer,2012,Casual,Peter England Men Party Blue Jeans
59263,Women,Accessories,Watches,Watches,Silver,Winter,2016,NA,Titan Women Silver Watch
1,Boys,Apparel,Topwear,Tops,NA,Winter,2016,,Gini and Jony Kids Boys Top
"""


def test_kaggles_styles_csv_is_recognised(tmp_path):
    result = planned(tmp_path, STYLES)
    assert result.report.preset == result.report.suggested == "fashion-product-images"
    assert result.after is not None
    assert result.after.item("39386") == Item(
        id="39386", title="Peter England Men Party Blue Jeans", brand="Peter",
        category=("Apparel", "Bottomwear", "Jeans"), type="Jeans", audience="men", colour=("Blue",), season=("Summer",),
        occasion=("Casual",), extra={"year": "2012"},
    )  # fmt: skip
    assert result.after.item("59263").occasion == ()
    assert result.after.item("1").colour == ()
    without = planned(tmp_path, STYLES, preset=None)
    assert (without.report.preset, without.report.suggested) == (None, "fashion-product-images")


def test_the_brand_is_what_three_titles_share_before_the_audience_word():
    titles = [
        "Peter England Men Jeans",
        "Peter England Men's Shirt",
        "Peter England Women Top",
        "PETER ENGLAND Men Tie",
    ]
    assert brand_of_titles([*titles, "One Off Men Tie", None, "Kids Ville Girls Top", "Men Only"]) == [
        "Peter England", "Peter England", "Peter England", "PETER", "One", None, "Kids", "Men",
    ]  # fmt: skip
    assert brand_of_titles(["Puma Men A", "Puma Men B", "Puma Men C", "PUMA Bag"])[-1] == "Puma"


HM_COLUMNS = (
    "article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,graphical_appearance_no,"
    "graphical_appearance_name,colour_group_code,colour_group_name,index_code,index_name,index_group_no,index_group_name,"
    "section_no,section_name,detail_desc\n"
)
HM_TOP = (
    "Strap top,253,Vest top,Garment Upper body,1010016,Solid,{},A,Ladieswear,1,Ladieswear,16,Womens Everyday Basics,"
    "Jersey top with narrow shoulder straps.\n"
)
HM = (
    HM_COLUMNS
    + "0108775015,0108775," + HM_TOP.format("09,Black")
    + "0108775044,0108775," + HM_TOP.format("10,White")
    + "0110065001,0110065,OP T-shirt,306,Bra,Underwear,1010016,Solid,09,Black,G,Children Sizes 92-140,4,"
    + "Baby/Children,79,Girls Underwear & Basics,Microfibre bra.\n"
)  # fmt: skip


def test_hms_articles_are_recognised_with_families_and_audiences(tmp_path):
    result = planned(tmp_path, HM, "articles.csv")
    assert result.report.preset == "hm"
    assert result.after is not None
    top = result.after.item("0108775015")
    assert top == Item(
        id="0108775015", family_id="0108775", title="Strap top", brand="H&M",
        category=("Ladieswear", "Garment Upper body", "Vest top"), type="Vest top", audience="women", colour=("Black",),
        pattern="Solid", description="Jersey top with narrow shoulder straps.",
        extra={"index_name": "Ladieswear", "section_name": "Womens Everyday Basics"},
    )  # fmt: skip
    assert result.after.item("0110065001").audience == "girls"


@pytest.mark.data
def test_the_real_catalogue_of_35_401_products_is_planned_quickly_and_whole(data_sets):
    folder = data_sets / "fashion-product-images"
    started = time.process_time()
    result = plan(
        folder / "products.parquet",
        images=[folder / "images_large.zip", folder / "images_thumb.zip"],
        settings=SETTINGS,
    )
    assert time.process_time() - started < 10
    report = result.report
    assert (report.rows, report.accepted, report.refused, report.counts) == (35_401, 35_401, 0, {})
    assert (report.pictures.files, report.pictures.items) == (35_125, 35_125)
    assert result.after is not None
    brands = Counter(item for item in result.after.frame["brand"])
    assert brands["Peter England"] == 263
    assert brands["United Colors of Benetton"] >= 1054
    assert brands.most_common(1)[0][0] == "Nike"
    assert {gap.field: gap.items for gap in report.gaps}["pictures"] == 276
    audiences = Counter(result.after.frame["audience"])
    assert audiences == {"men": 17832, "women": 14668, "unisex": 1702, "boys": 679, "girls": 520}
