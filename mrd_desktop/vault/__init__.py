"""Who may see it: site folder, keys, slots, users, roles, sessions, identity vault, backup."""
