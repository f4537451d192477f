"""The end of a study at a site: what is handed over, and how it is destroyed once it may be."""
