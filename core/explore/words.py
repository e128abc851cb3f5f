"""The words that mark some products among all: for the names of regions, and for what sets two selections apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.domain.arrays import Codes, Matrix, Rows, Scores
from core.domain.catalogue import Catalogue

WORD = r"(?u)\b[^\W\d_][\w'’-]+\b"
PRIOR = 500.0  # words' worth of belief that two selections speak alike


def texts(catalogue: Catalogue) -> list[str]:
    """[n] title and kind of each product, without the name of its house and of its audience's style."""
    frame = catalogue.frame
    titles, brands, kinds = (frame[name].tolist() for name in ("title", "brand", "type"))
    plain = [_without(title or "", brand or "") for title, brand in zip(titles, brands, strict=True)]
    return [f"{title} {kind or ''}".strip() for title, kind in zip(plain, kinds, strict=True)]


def counts(lines: Sequence[str]) -> tuple[Any, list[str]]:
    """How often each line [n] says each word: a sparse [n, words], and the words. English stop words do not count."""
    from sklearn.feature_extraction.text import CountVectorizer

    reader = CountVectorizer(token_pattern=WORD, stop_words="english", min_df=2 if len(lines) > 50 else 1)
    try:
        table = reader.fit_transform(lines)
    except ValueError:  # nobody says anything
        from scipy.sparse import csr_matrix

        return csr_matrix((len(lines), 0), dtype=np.int64), []
    return table, reader.get_feature_names_out().tolist()


def by_group(table: Any, codes: Codes, groups: int) -> Matrix:
    """[groups, words] how often each group's lines say each word; code -1 is in none."""
    from scipy.sparse import coo_matrix

    inside = np.flatnonzero(codes >= 0)
    sums = coo_matrix((np.ones(len(inside)), (codes[inside], inside)), shape=(groups, len(codes))).tocsr()
    return np.asarray((sums @ table).todense(), dtype=np.float64)


def marking(said: Matrix) -> Matrix:
    """[groups, words] c-TF-IDF: a word's share of a group's words, times log(1 + words of a usual group / its count).

    Grootendorst, "BERTopic", arXiv:2203.05794, 2022.
    """
    lengths = np.maximum(said.sum(axis=1, keepdims=True), 1.0)
    usual = said.sum() / max(1, len(said))
    return np.asarray(said / lengths * np.log1p(usual / np.maximum(said.sum(axis=0), 1.0)), dtype=np.float64)


def log_odds(one: Scores, other: Scores, everywhere: Scores, prior: float = PRIOR) -> Scores:
    """[words] how much more `one` says each word than `other`, in standard errors; 0 where neither says it.

    Log-odds with an informative Dirichlet prior in proportion to the counts `everywhere`: equations 15 to 22 of Monroe,
    Colaresi and Quinn, "Fightin' Words", Political Analysis 16(4), 2008.
    """
    total = everywhere.sum()
    if not total:
        return np.zeros(len(one))
    belief = np.maximum(prior * everywhere / total, 1e-9)
    weight = belief.sum()

    def odds(said: Scores) -> Scores:
        out: Scores = np.log(said + belief) - np.log(np.maximum(said.sum() + weight - said - belief, 1e-9))
        return out

    error = np.sqrt(1.0 / (one + belief) + 1.0 / (other + belief))
    return np.asarray(np.where(one + other > 0, (odds(one) - odds(other)) / error, 0.0), dtype=np.float64)


def top(scores: Scores, words: Sequence[str], most: int, above: float = 0.0) -> list[tuple[str, float]]:
    """The words with the highest scores, best first; equals in alphabetical order."""
    order: Rows = np.lexsort((np.arange(len(scores)), -np.round(scores, 9)))
    return [(words[at], float(scores[at])) for at in order[:most].tolist() if scores[at] > above]


def _without(title: str, brand: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(brand)}(?!\w)", " ", title, flags=re.IGNORECASE) if brand else title
