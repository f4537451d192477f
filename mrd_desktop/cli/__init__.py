"""The command lines ``mrd-desktop`` and ``mrd-sponsor``, headless."""
