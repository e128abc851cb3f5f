"""Errors that a person can put right.

A `ShopError` says what happened and what to do, once, for page, API and command line alike.
Anything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations


class ShopError(Exception):
    """Something a merchandiser, developer or operator can put right.

    code:   a stable word for programs ("unknown_item").
    status: the HTTP status the API answers with.
    """

    code = "shop_error"
    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


class UnknownItem(ShopError):
    code = "unknown_item"
    status = 404

    def __init__(self, item: str) -> None:
        super().__init__(f"There is no product with the id {item!r} in this shop. Search the catalogue for its id.")


class UnknownLook(ShopError):
    code = "unknown_look"
    status = 404

    def __init__(self, look: str) -> None:
        super().__init__(f"There is no saved look with the id {look!r}. Complete the Look lists those there are.")


class UnknownCampaign(ShopError):
    code = "unknown_campaign"
    status = 404

    def __init__(self, campaign: str) -> None:
        super().__init__(f"There is no campaign with the id {campaign!r}. `vitrine campaigns` lists those there are.")


class UnknownQuiz(ShopError):
    code = "unknown_quiz"
    status = 404

    def __init__(self) -> None:
        super().__init__("This shop asks no quiz. Make one on the page New Arrivals, or `vitrine quiz import FILE`.")


class BadRequest(ShopError):
    """A request that makes no sense as it stands: a bad weight, filter, number or date."""

    code = "bad_request"


class NotReady(ShopError):
    """The shop has nothing to serve yet."""

    code = "not_ready"
    status = 503

    def __init__(self, message: str = "This shop has no edition yet. Run `vitrine build`, or open Shop setup.") -> None:
        super().__init__(message)


class Conflict(ShopError):
    """Somebody else published first; nothing was overwritten."""

    code = "conflict"
    status = 409


class SlotTaken(ShopError):
    code = "slot_taken"
    status = 409

    def __init__(self, place: int, first: str, second: str) -> None:
        super().__init__(f"Products {first!r} and {second!r} are both pinned to place {place}. Unpin one of them.")


class Damaged(ShopError):
    """A file on disk is not what its manifest says."""

    code = "damaged"
    status = 503


class ModelMissing(ShopError):
    """An encoder that the settings name cannot be found on this machine."""

    code = "model_missing"
    status = 503


class Refused(ShopError):
    """An upload or file that will not be taken, and why."""

    code = "refused"
