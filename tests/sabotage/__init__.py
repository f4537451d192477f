"""Each rule that protects data, switched off: the tests named beside it must turn red."""
