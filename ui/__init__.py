"""The screens: may import ``mrd_desktop``; hold no rule that decides data."""
