"""From the written shape of a definition to the study: one module a part."""
