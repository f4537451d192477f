"""One form being filled: the page and its parts, each with one job."""
