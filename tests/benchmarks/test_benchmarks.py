"""The benchmarks run and measure what they say; how quick this machine is, no test asserts."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain.query import Request
from core.rank.diversify import mmr_order
from tests.benchmarks import impact, mobilenet, quality, speed, words, worlds


@pytest.fixture(scope="module")
def shop():
    return worlds.edition(400)


@pytest.mark.parametrize("seed", range(5))
def test_the_naive_loop_and_the_quick_one_pick_the_same(seed):
    rng = np.random.default_rng(seed)
    relevance = rng.normal(size=60)
    vectors = worlds.units(rng, rng.normal(size=(60, 8)))
    similarity = (vectors @ vectors.T).astype(np.float64)
    naive = speed.naive_mmr(relevance.tolist(), similarity.tolist(), 0.6, 15)
    assert naive == mmr_order(relevance, similarity, lam=0.6, k=15).tolist()


def test_the_speed_table_has_a_line_for_every_bar():
    rows = [
        *speed.searches(300), *speed.blends(300), *speed.variety(60, 5), *speed.slider(300),
        *speed.all_lists(300, 1e9, 1e9, 1),
    ]  # fmt: skip
    barred = {row.what.split()[0] for row in rows if row.ok is not None}
    assert {"30", "31", "32"} <= barred
    assert all(row.figure for row in rows)
    assert speed.table(rows).count("\n") == len(rows) - 1


def test_drafts_are_measured_from_kept_candidates_as_from_nothing():
    shop = worlds.edition(100)
    view = worlds.opened(shop, worlds.calibrated(shop))
    rows = impact.drafts(view, Request(k=10, at=worlds.AT), check=True)
    checked = [row for row in rows if row.bar == "the same"]
    assert len(checked) == len(list(impact.one_rule(view)))
    assert all(row.ok for row in checked)
    assert len(impact.a_book(view, Request(k=10, at=worlds.AT))) == 2


def test_the_engine_wakes_no_torch():
    assert speed.without_torch()[0].ok


def test_the_quality_report_measures_a_shop_with_pictures(shop):
    said: list[str] = []
    rows = quality.report(shop, worlds.calibrated(shop), say=said.append)
    assert {row.what.split()[0] for row in rows} == {"7", "14", "15"}
    assert all(row.ok for row in rows if row.what.startswith("15"))
    assert next(row for row in rows if row.what.startswith("7   largest")).ok
    assert said


def test_agreement_counts_what_it_says(shop):
    rows = np.array([0])
    same = [row for row in range(1, 400) if shop.catalogue.at_row(row).type == shop.catalogue.at_row(0).type][:2]
    other = [row for row in range(1, 400) if shop.catalogue.at_row(row).type != shop.catalogue.at_row(0).type][:2]
    assert quality.agreement(shop.catalogue, rows, [np.array(same + other)])["type"] == 0.5


def test_ndcg_is_one_for_the_best_order_and_less_for_any_other():
    relevant = np.array([True, False, True, False])
    assert words.ndcg(np.array([2, 0, 1, 3]), relevant) == pytest.approx(1)
    assert words.ndcg(np.array([1, 0, 2, 3]), relevant) == pytest.approx((1 / np.log2(3) + 0.5) / (1 + 1 / np.log2(3)))
    assert words.ndcg(np.array([1, 3]), relevant) == 0


def test_every_query_of_the_search_benchmark_has_an_answer(shop):
    asked = words.queries(shop.catalogue)
    assert {kind for kind, _, _ in asked} >= {"attributes", "by heart"} or asked
    assert all(relevant.any() for _, _, relevant in asked)
    assert [text for _, text, _ in asked] == [text for _, text, _ in words.queries(shop.catalogue)]


@pytest.mark.data
@pytest.mark.skipif(mobilenet.model_file() is None, reason="the real data is not here")
def test_the_borrowed_network_knows_a_picture_again():
    pytest.importorskip("ai_edge_litert")
    from PIL import Image

    network = mobilenet.MobileNet(mobilenet.model_file())
    red, blue = Image.new("RGB", (60, 80), (200, 20, 20)), Image.new("RGB", (60, 80), (20, 20, 200))
    vectors = network.encode_images([red, red.resize((120, 160)), blue])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.95 > vectors[0] @ vectors[2]
