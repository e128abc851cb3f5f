"""How long tests of random input go on: shortly with the others, as long as VITRINE_FUZZ says by hand.

VITRINE_FUZZ=200 python -m pytest -n 0 tests/intake/test_hostile_arrivals.py tests/embed/test_hostile_pictures.py
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings


def tries(few: int) -> settings:
    """So many examples, or VITRINE_FUZZ times as many; no example is a matter of time."""
    return settings(
        max_examples=few * int(os.environ.get("VITRINE_FUZZ", "1")), deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # no minutes of making a failure smaller
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )  # fmt: skip
