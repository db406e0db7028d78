"""ESACT: export of workloads, NumPy reference and evaluation of quality."""
