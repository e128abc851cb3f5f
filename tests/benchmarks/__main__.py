"""python -m tests.benchmarks: see speed.py."""

import sys

from tests.benchmarks.speed import main

sys.exit(main())
