"""The second entry of a form: keyed again by another person, compared, and settled."""
