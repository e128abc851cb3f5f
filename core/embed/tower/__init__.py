"""Training and measuring the compact image tower: pictures land in the space of a locked MiniLM."""
