"""The generator makes the same boutique again, and another one from another seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.demo import FOLDER
from core.demo.__main__ import fingerprint, main, make
from core.demo.table import table


def test_the_same_seed_makes_the_shipped_catalogue_again_byte_for_byte():
    drafts, stories = make(7)
    shipped = (FOLDER / "catalogue.csv").read_bytes()
    assert table(drafts).to_csv(index=False, lineterminator="\n").encode() == shipped
    assert (FOLDER / "stories.json").read_text(encoding="utf-8").count(stories["hub"]) >= 1


def test_the_same_seed_writes_the_same_files_and_another_seed_others(tmp_path: Path):
    prints = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        main(
            [
                "--seed",
                str(seed),
                "--out",
                str(tmp_path / name),
                "--share",
                "0.12",
                "--no-pictures",
                "--shoppers",
                "120",
            ]
        )
        prints.append(fingerprint(tmp_path / name))
    assert prints[0] == prints[1] != prints[2]


def test_pictures_are_drawn_again_byte_for_byte():
    pytest.importorskip("skia", reason="needs the extra demo (skia-python)")
    from core.demo.drawing.studio import picture, webp

    drafts, _ = make(7)
    for d in drafts[5:400:130]:
        if d.has_picture:
            assert webp(picture(d.drawing)) == (FOLDER / "pictures" / f"{d.id}.webp").read_bytes(), d.id


def test_another_seed_is_another_boutique():
    ours, theirs = ({d.id: d for d in make(seed, 0.3)[0]} for seed in (7, 11))
    shared = set(ours) & set(theirs)
    assert len(shared) < 0.2 * len(ours)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_story_can_be_planted_whatever_the_seed(seed: int):
    drafts, stories = make(seed)
    ids = {d.id for d in drafts}
    assert len(ids) == len(drafts) >= 900
    assert len(stories["heroes"]) == 30
    assert len(stories["capsule"]) == 12
    assert stories["hub"] in ids
