"""ESACT: export of workloads, NumPy reference and evaluation of quality."""

import os

# The matrices are small: BLAS threads gain little on them, and on busy cores they spin for minutes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
