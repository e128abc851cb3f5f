"""The map of trade-offs: its numbers are those of the lists that serve, and what it names keeps its promise."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.domain.catalogue import tidy
from core.domain.rules import Curation
from core.domain.strategy import Strategy
from core.lab import sweep as lab
from core.lab.compare import compare
from core.lab.together import together
from core.rank import figures
from core.recommend.similar import rank_all
from core.recommend.trials import trials
from core.recommend.view import Edition, open_view
from tests.rank.rank_worlds import AT, asking, calibrated, edition, units, view

SHOP = view(260, 11)
REQUEST = asking()


def visits(view, count=400, seed=0):
    """Visits that look at products of one brand, which no signal reads."""
    rng = np.random.default_rng(seed)
    brands = view.catalogue.frame["brand"].fillna("").tolist()
    rows = []
    for session in range(count):
        brand = brands[rng.integers(len(brands))]
        same = [row for row, name in enumerate(brands) if name == brand]
        for row in rng.choice(same, size=min(3, len(same)), replace=False):
            rows.append((f"s{session}", "view", view.catalogue.ids[row], "", None))
    return pd.DataFrame(rows, columns=["session", "kind", "item", "placement", "anchor"])


# -- trials ------------------------------------------------------------------------------------------------------------


def settings(seed: int, count: int) -> list[Strategy]:
    rng = np.random.default_rng(seed)
    out = []
    for number in range(count):
        names = rng.permutation(["text", "image", "attributes", "newness", "margin", "stock_depth"])[
            : rng.integers(1, 6)
        ]
        weights = {str(name): float(rng.random()) for name in names}
        for lam in (1.0, 0.7, 0.2)[: 1 + number % 3]:
            cap = (None, 2, 4)[int(rng.integers(3))]
            out.append(Strategy(weights=weights, lam=lam, brand_cap=cap, band_cap=(None, 3)[number % 2]))
    return out


@pytest.mark.parametrize("seed", range(3))
def test_trials_give_the_lists_that_are_served(seed):
    shop = SHOP if seed else replace(SHOP, curation=lambda a, r: Curation(pins={2: SHOP.catalogue.ids[5]}))
    tried = settings(seed, 8)
    anchors = SHOP.catalogue.ids[seed::4]
    seen = set()
    for number, rows in trials(shop, REQUEST, anchors, tried):
        wanted, _ = rank_all(shop, REQUEST.changed(strategy=tried[number]), anchors)
        np.testing.assert_array_equal(rows, wanted)
        seen.add(number)
    assert seen == set(range(len(tried)))


def test_a_signal_whose_scale_is_bent_is_tried_exactly_too():
    first = edition(160, 4)
    vectors = {**first.vectors, "behaviour": units(160, 8, 5)}
    present = {**first.present, "behaviour": np.random.default_rng(1).random(160) > 0.4}
    shop = Edition("bent", first.catalogue, vectors, present)
    opened = open_view(shop, calibrated(shop))
    tried = [Strategy(weights={"behaviour": w, "text": 1 - w, "margin": 0.1}) for w in (0.3, 0.8)]
    for number, rows in trials(opened, REQUEST, opened.catalogue.ids, tried):
        np.testing.assert_array_equal(rows, rank_all(opened, REQUEST.changed(strategy=tried[number]))[0])


def test_trials_push_nothing_out_of_memory_that_pages_use():
    shop = view(120, 2)
    rank_all(shop, REQUEST, shop.catalogue.ids[:2])
    before = list(shop.calibration._distributions)
    list(trials(shop, REQUEST, shop.catalogue.ids[:9], settings(5, 30)))
    assert list(shop.calibration._distributions) == before


# -- the sweep ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swept():
    return lab.sweep(SHOP, REQUEST, settings=40, anchors=60)


def test_the_figures_are_those_of_the_served_lists(swept):
    rows = SHOP.catalogue.rows(swept.anchors)
    margin = figures.margins(SHOP.catalogue)
    for setting in (swept.settings[0], swept.settings[7], swept.settings[-1]):
        lists, _ = rank_all(SHOP, REQUEST.changed(strategy=setting.strategy), swept.anchors)
        agreement = SHOP.signals["attributes"]
        per_list = []
        for row, mine in zip(rows, lists, strict=True):
            mine = mine[mine >= 0]
            if agreement.present[row] and len(mine):
                raw = agreement.exact(agreement.of_rows(np.array([row])), mine[None, :])[0]
                per_list.append(np.where(agreement.present[mine], raw, 0).mean())
        assert setting.figures["relevance"] == pytest.approx(np.mean(per_list), abs=1e-5)
        assert setting.figures["margin"] == pytest.approx(figures.mean_shown(margin, lists))
        assert setting.figures["diversity"] == pytest.approx(np.nanmean(figures.diversity(lists, SHOP.signals)))
        shown = len(np.unique(lists[lists >= 0]))
        assert setting.figures["coverage"] == pytest.approx(shown / min(SHOP.live(AT).sum(), lists.size))


def test_the_live_setting_comes_first_and_to_the_letter(swept):
    assert swept.settings[0].strategy == SHOP.strategy
    assert (swept.settings[0].gained, swept.settings[0].within) == (0, 0)


def test_without_visits_relevance_is_details_and_their_weight_is_held(swept):
    assert swept.basis == "details"
    assert any("Details" in said and "live one in all settings" in said for said in swept.says)
    for setting in swept.settings:
        weights = setting.strategy.weights
        assert weights["attributes"] / sum(weights.values()) == pytest.approx(0.3, abs=0.011)


def test_the_same_sweep_comes_out_twice(swept):
    assert lab.sweep(SHOP, REQUEST, settings=40, anchors=60).as_json() == swept.as_json()


def test_a_design_holds_the_corners_and_no_setting_twice():
    tried = lab.design(SHOP, SHOP.strategy, 100)
    pure = [dict(one.weights) for one in tried]
    for name in ("text", "image", "attributes"):
        assert {name: 1.0} in pure
    keys = [json.dumps({**one.as_json(), "name": ""}, sort_keys=True) for one in tried]
    assert len(set(keys)) == len(keys) == 100
    assert all(sum(w.get(p, 0) for p in ("newness", "margin", "stock_depth")) <= 0.42 for w in pure)
    assert {round(100 * (1 - one.lam)) for one in tried} == {0, 15, 30, 50, 75}


def test_the_live_diversity_is_among_those_tried():
    live = Strategy(lam=0.62)
    assert {round(100 * (1 - one.lam)) for one in lab.design(SHOP, live, 60)} == {0, 15, 38, 50, 75}


def test_a_sweep_can_be_stopped_between_two_settings():
    told = []

    def progress(done, total):
        told.append((done, total))

    assert lab.sweep(SHOP, REQUEST, settings=40, anchors=30, progress=progress, stop=lambda: len(told) >= 7) is None
    assert told == [(number, 40) for number in range(1, 8)]


def test_visits_are_what_relevance_agrees_with_where_there_are_enough():
    seen = together(visits(SHOP), SHOP.catalogue)
    found = lab.sweep(SHOP, REQUEST, behaviour=seen, simulated=True, settings=10, anchors=50)
    assert found.basis == "behaviour"
    assert "These visits are simulated." in found.says
    assert any("cannot prove" in said for said in found.says)
    few = together(visits(SHOP, count=3), SHOP.catalogue)
    assert lab.sweep(SHOP, REQUEST, behaviour=few, settings=10, anchors=50).basis == "details"


def test_relevance_by_visits_is_ndcg_counted_by_hand():
    ids = SHOP.catalogue.ids
    table = visits(SHOP)
    seen = together(table, SHOP.catalogue)
    found = lab.sweep(SHOP, REQUEST, behaviour=seen, settings=5, anchors=50)
    lists, _ = rank_all(SHOP, REQUEST.changed(strategy=found.settings[2].strategy), found.anchors)
    sets = [set(part["item"]) for _, part in table.groupby("session")]
    live, values = SHOP.live(AT), []
    for anchor, mine in zip(found.anchors, lists, strict=True):
        own = set(SHOP.family_of(SHOP.catalogue.row(anchor)).tolist())
        guard = SHOP.guard(SHOP.catalogue.item(anchor).audience)
        gains = {}
        for row, item in enumerate(ids):
            count = sum(anchor in one and item in one for one in sets)
            if count and row not in own and live[row] and guard[row]:
                gains[row] = np.log2(1 + count)
        if gains:
            best = sum(g / np.log2(p + 2) for p, g in enumerate(sorted(gains.values(), reverse=True)[:10]))
            values.append(sum(gains.get(row, 0) / np.log2(p + 2) for p, row in enumerate(mine.tolist())) / best)
    assert len(values) == found.judged
    assert found.settings[2].figures["relevance"] == pytest.approx(np.mean(values))


def test_what_a_visit_reached_through_this_very_list_does_not_count():
    a, b, c = SHOP.catalogue.ids[:3]
    rows = [
        ("s", "view", a, "", None),
        ("s", "click", b, "similar", a),
        ("s", "view", b, "", None),
        ("s", "view", c, "", None),
    ]
    seen = together(pd.DataFrame(rows, columns=["session", "kind", "item", "placement", "anchor"]), SHOP.catalogue)
    assert set(zip(seen.one.tolist(), seen.other.tolist(), strict=True)) == {(0, 2), (2, 0), (1, 2), (2, 1)}
    assert seen.popularity[:3].tolist() == [1, 1, 1]


def test_a_shop_without_visits_or_with_strangers_alone_has_no_pairs():
    for rows in ([], [("s", "view", "stranger", "", None)]):
        table = pd.DataFrame(rows, columns=["session", "kind", "item", "placement", "anchor"])
        assert len(together(table, SHOP.catalogue).one) == 0


def test_the_four_are_what_their_criteria_say(swept):
    table = {name: np.array([one.figures[name] for one in swept.settings]) for name in lab.FIGURES}
    best = table["relevance"].max()
    assert len(set(swept.named.values())) == len(swept.named) == 4
    assert table["relevance"][swept.named["Faithful"]] == best
    taken = [swept.named[name] for name in ("Faithful", "Balanced", "Discovery")]
    kept = [at for at in np.flatnonzero(table["relevance"] >= 0.85 * best) if at not in taken]
    assert table["margin"][swept.named["Margin"]] == table["margin"][kept].max()
    for name, at in swept.named.items():
        assert table["relevance"][at] >= lab.KEEPS.get(name, 1) * best - 1e-12
        assert at == 0 or swept.settings[at].strategy.name == name


def test_no_setting_is_beaten_by_another_on_the_line_of_the_plot(swept):
    points = [(one.figures["relevance"], one.figures["diversity"]) for one in swept.settings]
    line = swept.front("relevance", "diversity")
    for at, (x, y) in enumerate(points):
        beaten = any((a >= x and b >= y and (a, b) != (x, y)) for a, b in points)
        assert (at in line) == (not beaten)
    assert [points[at][0] for at in line] == sorted((points[at][0] for at in line), reverse=True)


def test_a_sweep_is_kept_and_found_again_and_a_damaged_one_is_not(tmp_path, swept):
    key = lab.key_of(SHOP, REQUEST, None, 40, 60)
    assert lab.kept(tmp_path, key) is None
    lab.keep(tmp_path, key, swept)
    assert lab.kept(tmp_path, key).as_json() == swept.as_json()
    (tmp_path / f"{key}.json").write_text("{")
    assert lab.kept(tmp_path, key) is None


def test_only_the_last_sweeps_are_kept(tmp_path, swept):
    for number in range(lab.KEPT + 3):
        lab.keep(tmp_path, f"key{number}", swept)
    assert len(list(tmp_path.glob("*.json"))) == lab.KEPT


def test_another_version_of_anything_is_another_sweep():
    key = lab.key_of(SHOP, REQUEST, None, 40, 60)
    sold = SHOP.with_facts({SHOP.catalogue.ids[0]: {"stock": {"": 0}}}, 1)
    others = [
        lab.key_of(sold, REQUEST, None, 40, 60),
        lab.key_of(SHOP.with_rules((), 3, lambda a, r: Curation()), REQUEST, None, 40, 60),
        lab.key_of(SHOP, REQUEST.changed(strategy=Strategy(lam=0.1)), None, 40, 60),
        lab.key_of(SHOP, REQUEST, together(visits(SHOP), SHOP.catalogue), 40, 60),
        lab.key_of(SHOP, REQUEST, None, 41, 60),
    ]
    assert len({key, *others}) == 6


# -- A | B -------------------------------------------------------------------------------------------------------------


def test_a_beside_itself_differs_in_nothing():
    anchors = np.arange(0, 260, 9)
    ids = [SHOP.catalogue.ids[row] for row in anchors]
    lists, _ = rank_all(SHOP, REQUEST, ids)
    found = compare(SHOP, anchors, lists, lists, SHOP.live(AT))
    assert (found.changed, found.overlap, found.rbo) == (0, 1.0, pytest.approx(1.0))
    assert all(one == other or np.isnan(one) for one, other in found.figures.values())
    assert all(not one.moves for one in found.moves)


def test_a_beside_b_tells_moves_and_figures():
    anchors = np.arange(0, 260, 9)
    ids = [SHOP.catalogue.ids[row] for row in anchors]
    one, _ = rank_all(SHOP, REQUEST, ids)
    two, _ = rank_all(SHOP, REQUEST.changed(strategy=Strategy(lam=0.1, weights={"image": 1, "margin": 1})), ids)
    found = compare(SHOP, anchors, one, two, SHOP.live(AT))
    assert found.changed == int((one != two).any(axis=1).sum()) > 0
    assert 0 < found.rbo < 1
    assert found.overlap == pytest.approx(np.mean([both[0] for both in found.apart]))
    margins = figures.margins(SHOP.catalogue)
    assert found.figures["margin"] == (figures.mean_shown(margins, one), figures.mean_shown(margins, two))
    for change, a, b in zip(found.moves, one, two, strict=True):
        names = [SHOP.catalogue.ids[row] for row in b if row >= 0]
        for item, (was, now) in change.moves.items():
            assert (names.index(item) + 1 if item in names else None) == now
            assert was != now
        assert len(change.before) == (a >= 0).sum()
    json.dumps(found.as_json(), allow_nan=False)


def test_sets_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(SHOP, np.arange(2), np.zeros((2, 3), int), np.zeros((2, 4), int), SHOP.live(AT))


# -- small shops -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_shops_of_every_size_can_be_swept(count):
    shop = edition(count, 1, hidden=0.0, audiences=("women",))
    opened = open_view(shop, calibrated(shop))
    found = lab.sweep(opened, REQUEST, settings=10, anchors=20)
    assert found.settings[0].strategy == opened.strategy
    assert lab.Sweep.from_json(json.loads(json.dumps(found.as_json(), allow_nan=False))).as_json() == found.as_json()
    assert all(0 <= at < len(found.settings) for at in found.named.values())


def test_a_shop_that_has_details_alone_can_only_be_swept_by_diversity():
    first = edition(60, 1)
    bare = Edition("bare", first.catalogue, {}, {})
    opened = open_view(bare, calibrated(bare))
    found = lab.sweep(opened, REQUEST, settings=30, anchors=20)
    assert {json.dumps(dict(one.strategy.weights)) for one in found.settings} == {
        json.dumps(dict(opened.strategy.weights))
    }
    assert len({one.strategy.lam for one in found.settings}) == len(found.settings) == 5


def test_what_nobody_knows_the_cost_of_has_no_setting_named_margin():
    first = edition(80, 3)
    frame = first.catalogue.frame.assign(cost=None)
    shop = Edition("costless", type(first.catalogue)(tidy(frame)), first.vectors, first.present)
    found = lab.sweep(open_view(shop, calibrated(shop)), REQUEST, settings=30, anchors=20)
    assert np.isnan(found.settings[0].figures["margin"])
    assert set(found.named) == {"Faithful", "Balanced", "Discovery"}
