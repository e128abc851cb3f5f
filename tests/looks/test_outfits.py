"""A shop's own outfits: read, counted, and learned from only where that helps."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from core import build, cli
from core.domain.catalogue import Catalogue
from core.domain.errors import BadRequest, Damaged
from core.domain.looks import DEFAULT_PARTS
from core.intake import outfits
from core.recommend.looks import learn, own, tables
from core.recommend.looks.wardrobe import open_wardrobe
from core.store import source
from core.store.layout import Layout
from tests import worlds
from tests.looks.closets import rows, shop, thing

AT = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = ("Shirts", "Jeans", "Sneakers", "Belts")


def catalogue_of(count=40):
    colours = (("red",), ("navy",), ("green",), ("black",))
    return [
        thing(f"{type.lower()}-{i:02d}", type, colour=colours[i % 4], pattern="striped" if i % 3 == 0 else "plain")
        for type in TYPES
        for i in range(count)
    ]


def write(tmp_path, lines, name="outfits.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def plan(path, items, **more):
    return outfits.plan_outfits(path, present=Catalogue.of(items), looks=tables.load(), **more)


def test_a_file_is_counted_and_what_cannot_be_used_is_said(tmp_path):
    path = write(tmp_path, [
        "Look ID;Product ID", "a;shirts-00", "a;jeans-00", "a;jeans-00", "b;shirts-01", "b;gone", "c;shirts-02",
        "c;belts-02", ";jeans-01", "d;", "e;gone",
    ])  # fmt: skip
    found = plan(path, catalogue_of())
    assert found.ready
    assert (found.outfits, found.small, found.large) == (2, 1, 0)
    assert found.unknown == (("gone", 2),)
    assert [finding.row for finding in found.findings] == [9, 10]
    assert found.own.counts["kind"].as_json() == [["belt", "shirt", 1], ["jeans", "shirt", 1]]
    assert found.own.counts["colour"].as_json() == [["green", "green", 1], ["red", "red", 1]]
    assert "2 outfits" in found.summary()
    json.dumps(found.as_json())


def test_wholesale_orders_say_nothing(tmp_path):
    lines = ["basket_id,sku", *(f"w,shirts-{i:02d}" for i in range(40)), "x,shirts-00", "x,jeans-00"]
    found = plan(write(tmp_path, lines), catalogue_of())
    assert (found.outfits, found.large) == (1, 1)


def test_columns_that_are_not_recognised_can_be_named(tmp_path):
    path = write(tmp_path, ["what,which", "a,shirts-00", "a,jeans-00"])
    with pytest.raises(BadRequest, match="as the outfit"):
        plan(path, catalogue_of())
    assert plan(path, catalogue_of(), mapping={"outfit": "what", "item": "which"}).outfits == 1
    with pytest.raises(BadRequest, match="no field 'look'"):
        plan(path, catalogue_of(), mapping={"look": "what"})


def test_a_file_without_outfits_is_not_kept(tmp_path):
    found = plan(write(tmp_path, ["outfit_id,item_id", "a,shirts-00"]), catalogue_of())
    assert not found.ready
    with pytest.raises(BadRequest, match="holds no outfit"):
        outfits.carry_out(found, Layout(tmp_path / "data"), view=None, who="me", at=AT)


def test_few_outfits_lean_on_what_others_show_and_many_stand_alone():
    looks = tables.load()
    items = Catalogue.of(catalogue_of())
    kinds = looks.place["shirt"], looks.place["sneakers"]
    mixed = [("shirts-01", "jeans-01"), ("jeans-01", "belts-01"), ("sneakers-01", "belts-01")]
    few = own.count_outfits(items, looks, [("shirts-00", "sneakers-00"), *mixed]).kinds(looks)[kinds]
    many = own.count_outfits(items, looks, [("shirts-00", "sneakers-00"), *mixed] * 400).kinds(looks)[kinds]
    shipped = looks.lift[kinds]
    assert abs(few - shipped) < 0.1
    assert many > shipped + 0.3


def test_counted_colours_move_the_pair_score(tmp_path):
    items = catalogue_of()
    view = shop(*items, id="own colours")
    ids = [(f"shirts-{i:02d}", f"jeans-{(i + 1) % 40:02d}") for i in range(40)] * 10  # red with navy, navy with green …
    folder = tmp_path / "looks"
    own.save(folder, own.count_outfits(view.catalogue, tables.load(), ids))
    before, after = open_wardrobe(view), open_wardrobe(view, folder)
    assert before.id != after.id
    pair = rows(view, "shirts-00"), rows(view, "jeans-01", "jeans-00")
    plain = before.parts(*pair)["worn_together"][0]
    counted = after.parts(*pair)["worn_together"][0]
    assert plain[0] == plain[1]
    assert counted[0] > counted[1]


def test_outfits_survive_the_disk_and_a_changed_file_is_refused(tmp_path):
    kept = own.count_outfits(Catalogue.of(catalogue_of()), tables.load(), [("shirts-00", "jeans-00")], {"file": "x"})
    own.save(tmp_path, kept)
    again = own.load(tmp_path)
    assert again.id == kept.id
    assert again.outfits == kept.outfits
    plain = json.loads((tmp_path / own.FILE).read_text())
    plain["outfits"][0][0] = "shirts-01"
    (tmp_path / own.FILE).write_text(json.dumps(plain))
    with pytest.raises(Damaged, match="import-outfits"):
        own.load(tmp_path)
    assert own.load(tmp_path / "nowhere") is None


def world(hidden: bool, count=500, seed=0):
    """A shop in which each product has a style that its vector shows, and outfits that follow it, or not.

    The colours and kinds are drawn at will, so counting them finds nothing.
    """
    rng = np.random.default_rng(seed)
    items, styles = [], {}
    for type in TYPES:
        for i in range(60):
            item = thing(f"{type.lower()}-{i:03d}", type, colour=(("red",), ("navy",), ("green",))[rng.integers(3)])
            items.append(item)
            styles[item.id] = int(rng.integers(6))
    order = sorted(styles)
    centres = rng.standard_normal((6, 24))
    vectors = centres[[styles[id] for id in order]] + 0.7 * rng.standard_normal((len(order), 24))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    by_type = {type: [id for id in order if id.startswith(type.lower())] for type in TYPES}
    partner = [3, 4, 5, 0, 1, 2]  # styles go with another style, which no cosine finds
    ids = []
    for _ in range(count):
        style = int(rng.integers(6))
        outfit = []
        for place, type in enumerate(TYPES):
            wanted = style if place % 2 == 0 else partner[style]
            fits = [id for id in by_type[type] if not hidden or styles[id] == wanted]
            outfit.append(fits[rng.integers(len(fits))])
        ids.append(tuple(outfit))
    return shop(*items, vectors={"text": vectors}, id=f"learn-{hidden}-{seed}"), ids


def learned_from(view, ids):
    counted = own.count_outfits(view.catalogue, tables.load(), ids)
    text = view.signals["text"]
    return counted, learn.learn(view.catalogue, tables.load(), counted, text.vectors, text.present)


def test_a_head_is_kept_where_it_finds_what_counting_cannot(tmp_path):
    view, ids = world(hidden=True)
    counted, (head, verdict) = learned_from(view, ids)
    assert verdict.kept
    assert head is not None
    assert verdict.together > verdict.counts + 0.2
    assert verdict.low > 0
    learn.save(tmp_path, head, verdict, counted, "by hand")
    own.save(tmp_path, counted)
    wardrobe = open_wardrobe(view, tmp_path)
    assert wardrobe.learned is not None
    a = np.arange(50)
    score, parts = wardrobe.score(a, None, DEFAULT_PARTS)
    assert parts["learned"].any()
    alone, _ = wardrobe.paired_score(np.repeat(a, len(wardrobe)), np.tile(np.arange(len(wardrobe)), 50), DEFAULT_PARTS)
    assert np.array_equal(score.ravel(), alone)
    _, off = wardrobe.score(a, None, {**DEFAULT_PARTS, "learned": 0.0})
    assert "learned" not in off


def test_a_head_is_refused_where_there_is_nothing_to_learn(tmp_path):
    for seed in range(3):
        view, ids = world(hidden=False, seed=seed)
        counted, (head, verdict) = learned_from(view, ids)
        assert head is None
        assert not verdict.kept
        assert verdict.low <= 0
        assert "is not used" in verdict.reason
    learn.save(tmp_path, head, verdict, counted, "by hand")
    own.save(tmp_path, counted)
    wardrobe = open_wardrobe(view, tmp_path)
    assert wardrobe.learned is None
    assert "learned" not in wardrobe.parts(np.arange(3))


def test_few_outfits_are_counted_and_not_learned_from():
    view, ids = world(hidden=True, count=100)
    _, (head, verdict) = learned_from(view, ids)
    assert head is None
    assert "300 are needed" in verdict.reason


def test_a_head_of_another_encoder_or_a_damaged_one_is_not_used(tmp_path):
    view, ids = world(hidden=True)
    counted, (head, verdict) = learned_from(view, ids)
    learn.save(tmp_path, head, verdict, counted, "another")
    assert open_wardrobe(view, tmp_path).learned is None
    learn.save(tmp_path, head, verdict, counted, "by hand")
    assert open_wardrobe(view, tmp_path).learned is not None
    file = next((tmp_path / learn.FOLDER).glob("*/000.npy"))
    file.write_bytes(file.read_bytes()[:-1] + b"\x00\x01")
    learn._load.cache_clear()  # as another process would
    kept, said = learn.load(tmp_path)
    assert kept is None
    assert "import-outfits" in said.reason


def test_an_import_keeps_outfits_and_says_what_came_of_learning(tmp_path):
    view, ids = world(hidden=True)
    path = write(tmp_path, ["outfit_id,item_id", *(f"o{n},{id}" for n, outfit in enumerate(ids) for id in outfit)])
    layout = Layout(tmp_path / "data")
    found = outfits.plan_outfits(path, present=view.catalogue, looks=tables.load())
    verdict = outfits.carry_out(found, layout, view=view, who="me", at=AT)
    assert verdict.kept
    folder = outfits.looks_folder(layout)
    assert own.load(folder).about["who"] == "me"
    assert open_wardrobe(view, folder).learned.id == learn.load(folder)[0].id
    assert outfits.learn_again(layout, view) == verdict
    without = outfits.carry_out(found, layout, view=None, who="me", at=AT)
    assert not without.kept
    assert "vitrine build" in without.reason


def test_a_build_over_another_encoder_learns_anew_and_says_what_came_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("VITRINE_TEST_ENCODERS", "weightless")
    settings = worlds.stock_the_shop(tmp_path / "data", catalogue_of(), pictures=False)
    path = write(tmp_path, ["outfit_id,item_id", "a,shirts-00", "a,jeans-00"])
    layout = Layout(settings.data)
    found = outfits.plan_outfits(path, present=Catalogue.of(catalogue_of()), looks=tables.load())
    outfits.carry_out(found, layout, view=None, who="me", at=AT)  # before anything was built
    assert outfits.outdated(layout, "any")

    def built():
        return build.build(settings, worker=worlds.PlainWorker(), at=AT)

    assert "1 outfits can be learned from" in built().as_json()["learned"]
    assert built().learned == "", "the words are read as before"
    _, verdict = learn.load(outfits.looks_folder(layout))
    learn.save(outfits.looks_folder(layout), None, verdict, own.load(outfits.looks_folder(layout)), "another")
    assert built().learned
    (outfits.looks_folder(layout) / own.FILE).write_text("{}", encoding="utf-8")
    learn.save(outfits.looks_folder(layout), None, verdict, found.own, "another")
    assert "Import the outfits again" in built().learned, "a damaged file stops no build"


def test_the_command_line_shows_first_and_keeps_on_yes(tmp_path, capsys):
    data = tmp_path / "data"
    source.save_source(Layout(data).ensure(), Catalogue.of(catalogue_of()), {})
    path = write(tmp_path, ["outfit_id,item_id", "a,shirts-00", "a,jeans-00", "b,gone"])
    command = ["--data", str(data), "import-outfits", str(path)]
    assert cli.main([*command, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["kept"] is None
    assert shown["report"]["outfits"] == 1
    assert not (data / "looks").exists()
    assert cli.main([*command, "--yes"]) == 0
    assert "Kept." in capsys.readouterr().out
    assert own.load(data / "looks").outfits == (("shirts-00", "jeans-00"),)
    assert cli.main([*command, "--map", "item=nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
