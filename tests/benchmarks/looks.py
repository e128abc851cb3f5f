"""What the pair score is worth and costs: acceptance 16, the cover of the table of kinds, and the speed of a wardrobe.

    python -m tests.benchmarks.looks                     on the real data sets, where they are
    python -m tests.benchmarks.looks --data DIR          also the speed on the shop in DIR (nothing is written)

The questions are those of the original benchmark in categories: four answers, one right, some wrong ones of the same
category as the right one. The table of counts must not have seen the outfits asked about, which is checked here.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.looks import DEFAULT_PARTS
from core.recommend.looks import tables
from core.recommend.looks import wardrobe as wardrobes
from core.recommend.looks.kinds import KindFinder
from core.recommend.looks.tables import Tables
from core.recommend.view import View
from tests.benchmarks.speed import Row, table
from tests.conftest import real_data

FITB, COVER = 0.57, 0.98
OPEN_S, SCORE_MS = 1.5, 20.0


def answered(looks: Tables, questions: Sequence[dict[str, Any]]) -> np.ndarray:
    """[questions] 1 where the right answer has the highest mean lift with the context, a fair share among equals."""
    place = {name: number for number, name in enumerate(looks.counts.names)}
    lift = looks.category_lift
    out = np.zeros(len(questions))
    for number, question in enumerate(questions):
        context = [place[name] for name in question["context"] if name in place]
        scores = [
            lift[place[name], context].mean() if name in place and context else 0.0 for name in question["candidates"]
        ]
        best = np.round(scores, 9) == np.round(np.max(scores), 9)
        out[number] = best[question["answer"]] / best.sum()
    return out


def fill_in_the_blank(folder: Path, looks: Tables) -> list[Row]:
    """Acceptance 16 on the development questions."""
    import pandas as pd

    lines = (folder / "fitb_dev.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines if line.strip()]
    counted = set(pd.read_parquet(folder / "outfits_dev.parquet", columns=["set_id"])["set_id"])
    seen = sum(question["set_id"] in counted for question in questions)
    right = answered(looks, questions)
    error = float(right.std() / np.sqrt(len(right)))
    return [
        Row("16  outfits asked about that were counted", f"{seen} of {len(questions)}", "0", seen == 0),
        Row(
            "16  fill in the blank", f"{right.mean():.3f} ± {error:.3f} (chance .25)", f">= {FITB}",
            bool(right.mean() >= FITB),
        ),
    ]  # fmt: skip


def cover(folder: Path, looks: Tables) -> list[Row]:
    """Share of apparel, shoes and accessories whose kind is known, and of those that can stand in a look."""
    import pandas as pd

    frame = pd.read_parquet(folder / "products.parquet")
    worn = frame[frame["masterCategory"].isin(["Apparel", "Footwear", "Accessories"])]
    paths = list(zip(worn["masterCategory"], worn["subCategory"], worn["articleType"], strict=True))
    kinds = KindFinder(looks).find(worn["articleType"].tolist(), paths, worn["title"].fillna("").tolist())
    known, placed = float((kinds >= 0).mean()), float((looks.roles[kinds] >= 0).mean())
    return [
        Row("    kinds known, real catalogue", f"{known:.2%} of {len(worn):,}", f">= {COVER:.0%}", known >= COVER),
        Row("    with a role in looks", f"{placed:.2%}; the rest is innerwear, sleepwear and gifts", "", None),
    ]


def speed(view: View) -> list[Row]:
    """CPU time to open a wardrobe and to score one product with all others, in one thread."""
    opened = []
    for _ in range(3):
        wardrobes._kept.clear()
        wardrobes._by_view.clear()
        start = time.thread_time()
        wardrobe = wardrobes.open_wardrobe(view)
        opened.append(time.thread_time() - start)
    anchors = np.flatnonzero(wardrobe.role >= 0)[:: max(1, len(view) // 21)][:20]
    scored = []
    for anchor in anchors:
        start = time.thread_time()
        wardrobe.score(np.array([anchor]), None, DEFAULT_PARTS)
        wardrobe.conflicts(np.array([anchor]))
        scored.append(time.thread_time() - start)
    size = f"{len(view):,} products"
    seconds, ms = float(np.median(opened)), 1e3 * float(np.median(scored))
    return [
        Row(f"    open a wardrobe, {size}", f"{seconds:.2f} s", f"< {OPEN_S} s", seconds < OPEN_S),
        Row(f"    one product with all, {size}", f"{ms:.1f} ms", f"< {SCORE_MS:.0f} ms", ms < SCORE_MS),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.looks", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a built shop, opened for reading")
    data = parser.parse_args(arguments).data
    looks, folder, rows = tables.load(), real_data(), []
    if folder is not None:
        rows += fill_in_the_blank(folder / "polyvore-categories", looks)
        rows += cover(folder / "fashion-product-images", looks)
    else:
        print("The real data sets are not here (set VITRINE_TEST_DATA).")
    if data is not None:
        from core.build import open_shop
        from core.settings import Settings

        rows += speed(open_shop(Settings(data=data)).view())
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
