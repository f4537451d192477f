"""How it travels: package, export, receipt, replies, datasets."""
