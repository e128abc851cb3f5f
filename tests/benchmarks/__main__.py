"""python -m tests.benchmarks: see speed.py.

One thread: CPU time counts every thread of BLAS, and threads that wait for one another on a memory-bound sum would be
counted as work. OMP_NUM_THREADS in the environment says otherwise.
"""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.benchmarks.speed import main

sys.exit(main())
