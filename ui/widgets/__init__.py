"""Small widgets that every page shares: they take their colours from the theme when painting."""
