"""The compact tower learns from what it is given, and goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.embed.tower import captions, data, model, train
from core.embed.tower.captions import CaptionBank
from core.embed.tower.data import Collection

torch = pytest.importorskip("torch")

COLOURS = {"Red": (200, 30, 30), "Blue": (30, 30, 200)}


def hashed_words(texts):
    """Unit rows that stand for texts: alike for texts that share words."""
    out = np.zeros((len(texts), model.DIM), np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            out[row] += np.random.default_rng(list(word.encode())).normal(size=model.DIM)
    return captions.unit(out)


def a_collection(name: str, labels: list[tuple[str, str]], per_label: int) -> Collection:
    rng = np.random.default_rng(0)
    rows, pixels = [], []
    for type_, colour in labels:
        for i in range(per_label):
            picture = np.full((data.SIDE, data.SIDE, 3), 255, np.uint8)
            top = 10 if type_ in ("Jeans", "Pants") else 50
            picture[top : top + 50, 20:90] = COLOURS.get(colour, (90, 90, 90)) + rng.integers(0, 20, 3)
            pixels.append(picture)
            title = f"Acme Men {colour} {type_} {i}"
            rows.append((title, title, type_, colour, "Men", "Summer", "Casual", i == 0))
    array = np.stack(pixels)
    masks = np.stack([data.product_mask(p) for p in array])
    table = pd.DataFrame(rows, columns=list(data.COLUMNS))
    return Collection(name, table, array, masks, np.ones((len(array), 1024), np.uint8))


@pytest.fixture
def school(tmp_path: Path) -> train.School:
    studio = a_collection("studio", [(t, c) for t in ("Jeans", "Caps") for c in COLOURS], 9)
    photos = a_collection("phone", [("Pants", ""), ("Hat", "")], 9)
    plan = train.Plan(epochs=4, batch=16, photos=4, seed=3, stages=(train.Stage(32, 0.5), train.Stage(48, 0.5)))
    return train.School(plan, studio, photos, CaptionBank(hashed_words, tmp_path / "captions.npz"))


def test_no_title_and_no_sender_stands_on_both_sides(real_data: Path):
    products, _ = data.products(real_data)
    assert not set(products.title[products.held]) & set(products.title[~products.held])
    photos, _ = data.photos(real_data)
    assert 0.15 < photos.held.mean() < 0.25


def test_held_back_pictures_are_never_drawn(school: train.School):
    for step in range(school.steps):
        _, mine, theirs, _ = school.batch(step)
        assert not school.studio.table.held.to_numpy()[school.rows[mine]].any()
        assert not school.photos.table.held.to_numpy()[school.photo_rows[theirs]].any()


def test_every_product_is_seen_once_an_epoch():
    seen = np.concatenate([train.shuffled(7, step, 8, 32) for step in range(4)])
    assert sorted(seen.tolist()) == list(range(32))


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(school: train.School, tmp_path: Path):
    def run(folder: str) -> train.Run:
        (tmp_path / folder).mkdir(exist_ok=True)
        return train.Run(school, tmp_path / folder)

    torch.set_num_threads(1)
    whole = run("whole")
    losses = [whole.advance() for _ in range(4)]
    first = run("parts")
    for _ in range(2):
        first.advance()
    first.save()
    second = run("parts")
    again = [second.advance() for _ in range(2)]
    assert second.step == 4
    for one, other in zip(losses[2:], again, strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def test_a_run_ends_when_its_plan_is_done_and_leaves_a_checkpoint(school: train.School, tmp_path: Path):
    torch.set_num_threads(1)
    run = train.Run(school, tmp_path)
    assert run.go(seconds=None, measure_every=0, measure=None)
    assert run.step == school.steps
    assert (tmp_path / "checkpoint.pt").exists()


def test_equal_captions_count_as_positives():
    bank = torch.nn.functional.normalize(torch.eye(4), dim=1)
    z = bank[torch.tensor([0, 0, 1])]
    right = train.contrast(z, torch.tensor([0, 0, 1]), bank, None, torch.tensor(50.0))
    wrong = train.contrast(z, torch.tensor([0, 1, 1]), bank, None, torch.tensor(50.0))
    # Two pictures share a caption: each finds it with certainty, and the caption can only halve itself between them.
    assert float(right) == pytest.approx(np.log(2) / 3, abs=1e-3)
    assert float(wrong) > 1


def test_the_shares_of_the_stages_must_add_up():
    with pytest.raises(ValueError, match="add up"):
        train.Plan(stages=(train.Stage(64, 0.5),))
    assert [train.Plan().side(p) for p in (0, 0.51, 0.61, 0.86, 1.0)] == [64, 64, 96, 96, 96]


def test_what_is_shipped_is_the_picture_side_alone_in_half_precision(tmp_path: Path):
    from safetensors.torch import load_file

    tower = model.new_tower()
    file = model.export(tower.state_dict(), tmp_path, scale=4.0, note="")
    shipped = load_file(str(file))
    assert all(name.startswith("visual.") for name in shipped)
    assert {t.dtype for t in shipped.values() if t.ndim > 1} == {torch.float16}
    assert file.stat().st_size < 12_000_000
    config = json.loads((tmp_path / model.CONFIG).read_text())
    assert config["model_cfg"]["init_logit_scale"] == 4.0
    assert config["preprocess_cfg"]["resize_mode"] == "squash"
