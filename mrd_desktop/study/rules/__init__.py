"""Rules of the study that no expression can say; see :mod:`.registry`."""
