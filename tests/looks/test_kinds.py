"""Types, categories and titles say what a product is in a look."""

from __future__ import annotations

import pytest

from core.recommend.looks import tables
from core.recommend.looks.kinds import KindFinder
from core.recommend.looks.tables import words_of


@pytest.fixture(scope="module")
def finder():
    return KindFinder(tables.load())


def kind(finder, type=None, category=(), title=""):
    place = finder.find([type], [category], [title])[0]
    return tables.load().kinds[place].name if place >= 0 else None


@pytest.mark.parametrize("word", ["Beanies", "beanie", "BEANIE"])
def test_a_word_is_known_in_any_number_and_case(finder, word):
    assert kind(finder, word) == "beanie"
    assert words_of("T-Shirts") == words_of("t shirt")


@pytest.mark.parametrize(
    ("type", "title", "name"),
    [
        ("Jackets", "House leather jacket, black", "leather_jacket"),
        ("Jackets", "House jacket", "jacket"),
        ("Skirts", "House pencil skirt in navy", "pencil_skirt"),
        ("Shirts", "Men Blue Formal Shirt", "formal_shirt"),
        ("Dresses", "Women Party Dress", "cocktail_dress"),
        ("Shirts", "House shirt dress", "shirt"),  # the type is believed within one sort of things
    ],
)
def test_a_title_says_more_than_its_type(finder, type, title, name):
    assert kind(finder, type, ("Shop", type), title) == name


def test_without_a_type_the_category_speaks_and_then_the_title(finder):
    assert kind(finder, None, ("Women", "Shoes", "Ankle boots")) == "ankle_boots"
    assert kind(finder, None, (), "Soft cashmere scarf, grey") == "wool_scarf"
    assert kind(finder, "Novelties", ("Things",), "House silk blouse") == "blouse"
    assert kind(finder, "Novelties", ("Things",), "Something else") is None


def test_what_lies_in_a_branch_that_is_never_worn_is_not_worn(finder):
    assert kind(finder, "Camisoles", ("Apparel", "Innerwear", "Camisoles")) == "innerwear"
    assert kind(finder, "Shorts", ("Apparel", "Loungewear and Nightwear", "Shorts")) == "sleepwear"
    assert kind(finder, "Lipstick", ("Personal Care", "Lips", "Lipstick")) == "cosmetics"
    assert kind(finder, "Dresses", ("Home", "Women", "Dresses")) == "dress"  # the way from a shop's home page


@pytest.mark.parametrize(
    ("type", "title", "name"),
    [
        ("Berets and caps", "Jorun overcoat, white", "coat"),
        ("Ties", "Pembury sandal in chestnut", "sandals"),
        ("Tunics", "Park Avenue Men Black & Green Frame Sunglasses", "sunglasses"),
        ("Backpacks", "Nike Unisex Black Training Shoe Backpack", "backpack"),
        ("Jeans", "House tie-dye jeans", "jeans"),
        ("T-shirts", "House tee in denim blue", "t_shirt"),
        ("Sunglasses", "Edda sunglasses, blush", "sunglasses"),
        ("Kurtas", "W Women Red Dress", "kurta"),  # one piece of clothing for another: too often said loosely
    ],
)
def test_a_misfiled_product_is_what_its_title_says(finder, type, title, name):
    assert kind(finder, type, ("Shop", type), title) == name


def test_every_product_of_the_demo_boutique_has_a_role(finder):
    from core.demo.load import FOLDER

    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(FOLDER / "catalogue.csv").fillna({"title": ""})
    paths = [tuple(path.split(" > ")) for path in frame["category"]]
    found = finder.find(frame["type"].tolist(), paths, frame["title"].tolist())
    assert (tables.load().roles[found] >= 0).all()
    assert (found >= 0).all()


def test_nearly_all_the_real_catalogue_is_known(finder, data_sets):
    pd = pytest.importorskip("pandas")
    frame = pd.read_parquet(data_sets / "fashion-product-images" / "products.parquet")
    worn = frame[frame["masterCategory"].isin(["Apparel", "Footwear", "Accessories"])]
    paths = list(zip(worn["masterCategory"], worn["subCategory"], worn["articleType"], strict=True))
    found = finder.find(worn["articleType"].tolist(), paths, worn["title"].tolist())
    assert (found >= 0).mean() >= 0.98
