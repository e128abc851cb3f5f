"""Count which kinds are worn together: `python -m core.recommend.looks.count OUTFITS.parquet --out FILE.csv`.

OUTFITS has one row an outfit with a list `categories`, one name a piece, as in the Polyvore outfits of Han and others
(ACM Multimedia 2017). What is written is counts only.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from core.store.files import write_bytes


def count(outfits: Iterable[Sequence[str]]) -> tuple[Counter[str], Counter[tuple[str, str]], int]:
    """Outfits that have a kind, outfits that have both of two kinds (of one kind twice: two of it), and how many.

    >>> single, both, outfits = count([["Pumps", "Clutches", "Rings", "Rings"], ["Pumps"]])
    >>> single["Pumps"], both["Clutches", "Pumps"], both["Rings", "Rings"], both["Pumps", "Pumps"], outfits
    (2, 1, 1, 0, 2)
    """
    single: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    total = 0
    for pieces in outfits:
        total += 1
        found = Counter(pieces)
        names = sorted(found)
        single.update(names)
        both.update(combinations(names, 2))
        both.update((name, name) for name in names if found[name] > 1)
    return single, both, total


def as_csv(single: Counter[str], both: Counter[tuple[str, str]], outfits: int) -> str:
    """The counts as worn_together.csv has them, in order of name."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind_a", "kind_b", "outfits"])
    writer.writerow(["", "", outfits])
    writer.writerows([name, "", single[name]] for name in sorted(single))
    writer.writerows([a, b, both[a, b]] for a, b in sorted(both) if both[a, b])
    return out.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    import pandas as pd

    parser = argparse.ArgumentParser(prog="python -m core.recommend.looks.count", description=__doc__)
    parser.add_argument("outfits", type=Path, help="Parquet file with set_id and categories")
    parser.add_argument("--without", type=Path, help="file of set_ids to leave out, one a line")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)
    frame = pd.read_parquet(arguments.outfits, columns=["set_id", "categories"])
    if arguments.without is not None:
        frame = frame[~frame["set_id"].isin(arguments.without.read_text(encoding="utf-8").split())]
    single, both, outfits = count(frame["categories"])
    write_bytes(arguments.out, as_csv(single, both, outfits).encode())
    print(f"{outfits:,} outfits, {len(single):,} kinds, {len(both):,} pairs of kinds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
