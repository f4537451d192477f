"""Pictures of what the data say: their models, and one layout for screen and file."""
