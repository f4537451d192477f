"""Editors: they hold a text and say what was typed; what it means is the form's business."""
