"""Learning from thumbs: a hidden taste is found, noise is not, and nothing is applied by itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.domain.steer import Steer
from core.domain.strategy import Strategy
from core.lab import judgements as lab
from core.lab.judgements import Found, fit, learn
from core.rank.blend import blend_for, score
from core.rank.signals import sides_of_rows
from core.recommend.similar import rank_all
from core.store.judgements import Judgement
from tests.rank.rank_worlds import AT, asking, view

SHOP = view(400, 31)
IDS = SHOP.catalogue.ids
SIGNALS = ("text", "image", "attributes", "newness", "margin", "stock_depth")
TASTES = (
    {"image": 0.8, "text": 0.1, "attributes": 0.1},
    {"text": 0.9, "attributes": 0.1},
    {"attributes": 0.7, "image": 0.3},
    {"text": 0.4, "image": 0.3, "margin": 0.3},
)


def taste_of(taste, anchor, items):
    """[m] how much somebody with these weights likes items beside an anchor."""
    blend = blend_for(SHOP.calibration, "item", taste, SIGNALS)
    sides = sides_of_rows(SHOP.signals, SHOP.catalogue.rows([anchor]))
    rows = SHOP.catalogue.rows(items)[None, :]
    return score(blend, SHOP.signals, sides, rows, SHOP.priors(blend, AT)).scores[0]


def thumbs(taste, anchors, up=3, down=2):
    """What somebody of that taste says of the list that is served: the best get a thumb up, the worst one down."""
    lists, _ = rank_all(SHOP, asking(), anchors)
    out = []
    for anchor, rows in zip(anchors, lists, strict=True):
        items = [IDS[row] for row in rows if row >= 0]
        order = np.argsort(-taste_of(taste, anchor, items), kind="stable") if items else []
        if len(items) >= up + down:
            out += [Judgement(anchor, items[at], 1, "Ada", AT) for at in order[:up]]
            out += [Judgement(anchor, items[at], -1, "Ada", AT) for at in order[-down:]]
    return out


def anchors(seed, count, start=0):
    return [IDS[at] for at in np.random.default_rng(seed).permutation(len(IDS))[start : start + count]]


def right(strategy, judgements):
    table = lab._table(SHOP, judgements, AT, SHOP.strategy)
    return float(lab._right(SHOP, table, np.arange(len(table.pairs)), strategy).mean())


@pytest.mark.parametrize("taste", TASTES, ids=lambda taste: max(taste, key=taste.get))
def test_sixty_judgements_of_a_hidden_taste_rank_what_was_held_out(taste):
    given = thumbs(taste, anchors(1, 16))[:60]
    assert len(given) == 60
    found = learn(SHOP, given, AT)
    assert found.found in (Found.BETTER, Found.AGREES)
    fresh = thumbs(taste, anchors(1, 200, start=100))
    assert right(found.strategy or SHOP.strategy, fresh) >= 0.85
    assert found.low <= found.accuracy <= found.high
    assert found.low > 0.5


def test_shuffled_judgements_teach_nothing_and_it_is_said():
    rng = np.random.default_rng(5)
    for taste in TASTES[1:3]:
        given = thumbs(taste, anchors(2, 16))[:60]
        for _ in range(3):
            verdicts = rng.permutation([one.verdict for one in given])
            shuffled = [replace(one, verdict=int(v)) for one, v in zip(given, verdicts, strict=True)]
            found = learn(SHOP, shuffled, AT)
            assert found.found is Found.NOTHING
            assert found.strategy is None
            assert "Nothing was found" in found.says
            assert "chance is 50 %" in found.says


def test_too_few_judgements_say_how_many_it_takes():
    for given in (
        [],
        thumbs(TASTES[0], anchors(3, 4)),
        [replace(one, verdict=1) for one in thumbs(TASTES[0], anchors(3, 20))],
    ):
        found = learn(SHOP, given, AT)
        assert found.found is Found.FEW
        assert found.strategy is None
        assert "Not enough yet" in found.says
        assert str(lab.ENOUGH) in found.says


def test_a_taste_that_is_already_served_brings_no_proposal():
    found = learn(SHOP, thumbs(dict(SHOP.strategy.weights), anchors(4, 16)), AT)
    assert found.found is Found.AGREES
    assert found.present == 1.0
    assert found.strategy is None


def test_the_proposal_changes_weights_alone_and_the_shop_keeps_its_own():
    live = Strategy(lam=0.4, brand_cap=3, steer=Steer(plus=(IDS[9],)))
    before = SHOP.strategy
    found = learn(SHOP, thumbs(TASTES[1], anchors(1, 16)), AT, live)
    assert found.found is Found.BETTER
    proposal = found.strategy
    assert (proposal.lam, proposal.brand_cap, proposal.steer) == (live.lam, live.brand_cap, live.steer)
    assert sum(proposal.weights.values()) == pytest.approx(1, abs=0.03)
    assert all(weight > 0 for weight in proposal.weights.values())
    assert SHOP.strategy is before
    json.dumps(found.as_json(), allow_nan=False)


def test_the_same_judgements_teach_the_same_in_any_order_of_asking():
    given = thumbs(TASTES[3], anchors(6, 14))
    assert learn(SHOP, given, AT).as_json() == learn(SHOP, given, AT).as_json()


def test_judgements_of_products_that_are_gone_are_left_out():
    given = thumbs(TASTES[1], anchors(1, 16))
    more = [*given, Judgement("gone", IDS[0], 1, "Ada", AT), Judgement(IDS[0], "gone", -1, "Ada", AT)]
    assert learn(SHOP, more, AT).as_json() == learn(SHOP, given, AT).as_json()


def test_weights_are_never_negative_and_follow_the_pairs():
    rng = np.random.default_rng(0)
    differences = rng.standard_normal((200, 3))
    differences *= np.sign(differences @ np.array([2.0, 1.0, 0.0]))[:, None]
    found = fit(differences, np.ones(200))
    assert (found >= 0).all()
    assert found[0] > found[1] > found[2]
    assert found[2] < 0.1 * found[0]
    backwards = fit(-differences, np.ones(200))
    assert (backwards[:2] <= 1e-6).all()


def test_the_fit_is_where_the_loss_is_least():
    rng = np.random.default_rng(1)
    differences, worth = rng.standard_normal((60, 2)) + 0.3, rng.random(60) + 0.1
    found = fit(differences, worth)

    def loss(weights):
        logistic = worth @ np.logaddexp(0, -differences @ weights) / worth.sum()
        return logistic + 0.5 * lab.RIDGE * weights @ weights

    grid = [np.array([a, b]) for a in np.linspace(0, 4, 81) for b in np.linspace(0, 4, 81)]
    assert loss(found) <= min(loss(point) for point in grid) + 1e-6
