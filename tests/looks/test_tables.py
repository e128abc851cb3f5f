"""The tables of looks: what ships is sound, a shop's own files win, and a wrong line is named."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.looks import ROLES
from core.recommend.looks import count, tables
from core.recommend.looks.tables import WrongTable


@pytest.fixture(scope="module")
def shipped():
    return tables.load()


def test_every_counted_name_was_counted(shipped):
    known = set(shipped.counts.names)
    assert {name for kind in shipped.kinds for name in kind.counted} <= known


def test_most_of_what_is_counted_belongs_to_a_kind(shipped):
    used = {name for kind in shipped.kinds for name in kind.counted}
    pieces = dict(zip(shipped.counts.names, shipped.counts.single, strict=True))
    assert sum(pieces[name] for name in used) >= 0.97 * sum(pieces.values())


def test_what_is_never_worn_together_is_so_from_both_sides(shipped):
    assert np.array_equal(shipped.never, shipped.never.T)
    assert np.array_equal(shipped.together, shipped.together.T)
    assert shipped.never[shipped.place["swimsuit"], shipped.place["wool_coat"]]
    assert shipped.never[shipped.place["saree"], shipped.place["sports_shoes"]]
    assert not shipped.never[shipped.place["kurta"], shipped.place["churidar"]]


def test_what_is_worn_with_what_follows_the_counts_and_the_stylists(shipped):
    def lift(a, b):
        return shipped.together[shipped.place[a], shipped.place[b]]

    assert lift("evening_dress", "clutch") > lift("evening_dress", "crossbody_bag")
    assert lift("shorts", "sneakers") > lift("shorts", "pumps")
    assert lift("kurta", "churidar") > lift("kurta", "chinos")
    assert lift("wool_coat", "gloves") > lift("t_shirt", "silk_scarf")


def test_few_counts_stay_near_what_their_roles_show():
    single = np.array([100.0, 100.0, 2.0])
    both = np.array([[0.0, 40.0, 2.0], [40.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    expected = np.outer(single, single) / 1000
    from core.rank.pairs import log_lift

    lift = log_lift(both, expected)
    assert lift[0, 1] > np.log(1.5)  # forty where ten were to be expected
    assert abs(lift[0, 2]) < np.log(1.2)  # two where none were: too few to say
    assert log_lift(both, expected, towards=2.0)[0, 2] > np.log(1.8)


def test_templates_leave_no_place_for_a_dress_with_trousers(shipped):
    for template in shipped.templates:
        assert not ({"full_body"} <= set(template.roles) and {"top", "bottom"} & set(template.roles))
        assert set(template.roles) <= set(ROLES)


def test_an_anchor_in_plain_clothes_takes_no_dress_code(shipped):
    names = [one.name for one in shipped.template_for("shoes", "women", ("evening",))]
    assert names[0] == "Evening dress"
    assert not {"Kurta", "Beach", "Sport"} & set(names)
    assert shipped.template_for("top", "men", (), "ethnic")[0].name == "Kurta"
    assert "Dress" not in [one.name for one in shipped.template_for("shoes", "men")]


def own(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


KINDS = "kind,role,within,formality,warmth,code,audience,words,counted,variants\n"


def test_a_shop_s_own_file_takes_the_place_of_the_shipped_one(tmp_path):
    folder = own(tmp_path, "kinds.csv", KINDS + "cloak,outer,,3,0.5,,,cloak,Coats,\nclog,shoes,,2,0,,,clog,,\n")
    own(folder, "pairs.csv", "a,b,verdict,why\n# nobody does\ncloak,clog,never,By decree\n")
    found = tables.load(folder)
    assert [kind.name for kind in found.kinds] == ["cloak", "clog"]
    assert found.never.tolist() == [[False, True], [True, False]]
    assert found.id != tables.load().id
    assert found.templates == tables.load().templates


def test_never_is_never_taken_back_and_of_the_others_the_later_line_wins(tmp_path):
    lines = "coat,pumps,never,a\ncoat,pumps,gladly,b\nboots,coat,seldom,c\n@outer,@shoes&!pumps,gladly,d\n"
    found = tables.load(own(tmp_path, "pairs.csv", "a,b,verdict,why\n" + lines))
    coat, pumps, boots = (found.place[name] for name in ("coat", "pumps", "boots"))
    assert found.never[coat, pumps]
    assert found.reasons[coat, pumps] == "a"
    assert found.said[coat, boots] == tables.GLADLY
    assert found.said[pumps, boots] == 0


@pytest.mark.parametrize(
    ("name", "text", "row", "what"),
    [
        ("kinds.csv", KINDS + "cloak,coat,,3,0,,,cloak,,\n", 2, "no role 'coat'"),
        ("kinds.csv", KINDS + "cloak,outer,,9,0,,,cloak,,\n", 2, "formality is '9'"),
        ("kinds.csv", KINDS + "cloak,outer,,3,warm,,,cloak,,\n", 2, "warmth is 'warm'"),
        ("kinds.csv", KINDS + "cloak,outer,,3,0,,,cape,,\nmantle,outer,,3,0,,,capes,,\n", 3, "already names cloak"),
        ("kinds.csv", KINDS + "cloak,outer,robe,3,0,,,cloak,,\n", 2, "within 'robe'"),
        ("kinds.csv", KINDS + "cloak,outer,,3,0,,,cloak\n", 2, "8 cells where 10 belong"),
        ("kinds.csv", "kind,role\n", 1, "the column 'within' is missing"),
        ("kinds.csv", KINDS + "cloak,outer,,3,0,,,cloak,,night:cloak\n", 2, "is no variant"),
        ("kinds.csv", KINDS + "cloak,outer,,3,0,,,cloak,,sport:vest\n", 2, "its variant 'vest'"),
        ("pairs.csv", "a,b,verdict,why\ncoat,shirt,maybe,\n", 2, "no verdict 'maybe'"),
        ("pairs.csv", "a,b,verdict,why\ncoat,toga,never,\n", 2, "'toga' is no kind"),
        ("pairs.csv", "a,b,verdict,why\ncoat,@toga,never,\n", 2, "'@toga' is no kind"),
        ("worn_together.csv", "kind_a,kind_b,outfits\n,,10\nCoats,,many\n", 3, "outfits is 'many'"),
        ("worn_together.csv", "kind_a,kind_b,outfits\n,,10\nCoats,Pumps,3\n", 3, "has no row of its own"),
        ("worn_together.csv", "kind_a,kind_b,outfits\nCoats,,3\n", None, "of how many outfits"),
        ("templates.toml", "[[template]]\nname = 'A'\nrequired = ['hood']\n", None, "no role 'hood'"),
        ("templates.toml", "[[template]]\nname = 'A'\nrequired = ['full_body', 'top']\n", None, "a dress or suit"),
        ("templates.toml", "[[template]]\nname = 'A'\nrequired = ['top']\ncolour = 'red'\n", None, "'colour'"),
        ("templates.toml", "name = ", None, "cannot be read"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, name, text, row, what):
    with pytest.raises(WrongTable) as caught:
        tables.load(own(tmp_path, name, text))
    assert name in caught.value.message
    assert what in caught.value.message
    if row is not None:
        assert f"row {row}" in caught.value.message


def test_a_table_in_another_encoding_is_named(tmp_path):
    (tmp_path / "kinds.csv").write_bytes((KINDS + "béret,hat").encode("latin-1"))
    with pytest.raises(WrongTable, match="UTF-8"):
        tables.load(tmp_path)


def test_counting_the_outfits_again_gives_the_table_that_ships(data_sets):
    pd = pytest.importorskip("pandas")
    outfits = pd.read_parquet(data_sets / "polyvore-categories" / "outfits_dev.parquet", columns=["categories"])
    again = count.as_csv(*count.count(outfits["categories"]))
    assert again == (tables.SHIPPED / "worn_together.csv").read_text(encoding="utf-8")
