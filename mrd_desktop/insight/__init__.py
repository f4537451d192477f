"""What it means: worklist, visit windows, derivations, synthetic subjects."""
