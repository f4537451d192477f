"""Reports of laboratories as tables: read as text, mapped to a form, tried dry, saved at once."""
