"""``mrd-desktop demo``: a clinic month played through the real windows, with pictures of all."""

from ui.demo.command import main

__all__ = ["main"]
