"""What shoppers wrote about products, without their names, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.domain.errors import BadRequest
from core.domain.shoppers import is_hashed

REVIEW = "r"  # the letter that the hash of a review's id begins with
BEST, WORST = 5.0, 1.0
LONGEST_TEXT = 5_000
PRIOR_REVIEWS = 5.0  # reviews that the mean of the shop counts for


@dataclass(frozen=True, slots=True)
class Review:
    """One review. id: a salted hash. rating: 1 to 5, None where only words were left; text: None where none were."""

    id: str
    item: str
    at: datetime
    rating: float | None = None
    text: str | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        if not is_hashed(self.id, REVIEW):
            raise BadRequest("The id of a review is a salted hash; this one is not.")
        if not self.item:
            raise BadRequest("A review names the product it speaks of.")
        if self.at.tzinfo is None:
            raise BadRequest("The moment of a review has a time zone.")
        object.__setattr__(self, "at", self.at.astimezone(UTC))
        if self.rating is not None and not WORST <= self.rating <= BEST:
            raise BadRequest(f"The rating is {self.rating:g}; it goes from 1 to 5.")
        if self.text is not None and len(self.text) > LONGEST_TEXT:
            raise BadRequest(f"The text has more than {LONGEST_TEXT:,} characters.")
        if self.rating is None and not (self.text or "").strip():
            raise BadRequest("A review has a rating, a text, or both.")


@dataclass(frozen=True, slots=True)
class ThemeSaid:
    """What several reviews of a product say. sentiment: -1 (against it) to 1 (for it). quote: one sentence of one."""

    id: str
    label: str
    count: int
    sentiment: float
    quote: str

    @property
    def tone(self) -> str:
        """The sentiment in a word."""
        return "praised" if self.sentiment > 0.25 else "criticised" if self.sentiment < -0.25 else "mentioned"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "label": self.label, "count": self.count, "sentiment": round(self.sentiment, 3),
            "quote": self.quote,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What the reviews of one product come to.

    mean: of the ratings, None where there is none.    ratings: stars (1 to 5, rounded) -> how many.
    themes: what is said most, first.    encoder: what read the sentences beside the key words; None for these alone.
    """

    item: str
    count: int
    mean: float | None = None
    ratings: Mapping[int, int] = field(default_factory=dict)
    themes: tuple[ThemeSaid, ...] = ()
    encoder: str | None = None
    simulated: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "item": self.item, "count": self.count, "mean": None if self.mean is None else round(self.mean, 3),
            "ratings": {str(stars): count for stars, count in sorted(self.ratings.items())},
            "themes": [theme.as_json() for theme in self.themes], "encoder": self.encoder, "simulated": self.simulated,
        }  # fmt: skip

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> ReviewSummary:
        return cls(
            plain["item"], plain["count"], plain["mean"], {int(stars): n for stars, n in plain["ratings"].items()},
            tuple(ThemeSaid(**theme) for theme in plain["themes"]), plain["encoder"], plain["simulated"],
        )  # fmt: skip


def shrunk_mean(mean: float, count: int, shop: float) -> float:
    """A product's mean rating drawn towards the shop's, the more the fewer reviews there are.

    >>> shrunk_mean(5.0, 5, 4.0), shrunk_mean(5.0, 0, 4.0)
    (4.5, 4.0)
    """
    return (mean * count + shop * PRIOR_REVIEWS) / (count + PRIOR_REVIEWS)
