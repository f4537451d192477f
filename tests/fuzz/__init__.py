"""Fuzzing of every reader of foreign bytes, led by coverage (test plan E-01)."""
