"""Make the boutique again: `python -m core.demo --seed 7 --out assets/demo`. Needs the extra `demo`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from core.demo import events, products, stories, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Write catalogue, stories, events and pictures of one seed."""
    parser = argparse.ArgumentParser(prog="python -m core.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="another seed makes another boutique (default 7)")
    parser.add_argument("--out", type=Path, default=Path("assets/demo"), help="folder to write to")
    parser.add_argument("--share", type=float, default=1.0, help="share of the styles to make, for tests")
    parser.add_argument("--no-pictures", action="store_true", help="leave the pictures as they are")
    parser.add_argument("--shoppers", type=int, default=4200)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    drafts, planted = make(asked.seed, asked.share)
    asked.out.mkdir(parents=True, exist_ok=True)
    table.table(drafts).to_csv(asked.out / "catalogue.csv", index=False, lineterminator="\n")
    (asked.out / "stories.json").write_text(json.dumps(planted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    events.simulate(drafts, planted, asked.seed, asked.shoppers).to_parquet(
        asked.out / "events.parquet", compression="zstd", index=False
    )
    print(f"{len(drafts)} products, {len({d.family_id for d in drafts})} styles", file=sys.stderr)
    if not asked.no_pictures:
        size = draw([(d.id, d.drawing) for d in drafts if d.has_picture], asked.out / "pictures", asked.processes)
        print(f"pictures: {size / 1e6:.1f} MB", file=sys.stderr)
    return 0


def make(seed: int, share: float = 1.0) -> tuple[list[products.Draft], stories.Stories]:
    """The products of one seed with their stories."""
    return stories.plant(products.with_men(products.make(seed, share)), seed)


def draw(drawings: Sequence[tuple[str, dict[str, Any]]], folder: Path, processes: int = 2) -> int:
    """Draw all pictures into `folder`, remove those of products that are gone, and return the bytes written."""
    from core.demo.drawing.studio import save

    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.webp"):
        if file.stem not in {item for item, _ in drawings}:
            file.unlink()
    jobs = [(folder / f"{item}.webp", drawing) for item, drawing in drawings]
    if processes < 2:
        return sum(save(job) for job in jobs)
    with get_context("spawn").Pool(processes) as pool:
        return sum(pool.imap_unordered(save, jobs, chunksize=16))


def fingerprint(folder: Path) -> str:
    """sha256 over catalogue, stories and events of a boutique."""
    digest = hashlib.sha256()
    for name in ("catalogue.csv", "stories.json", "events.parquet"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
