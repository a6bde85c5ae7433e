"""Training of the networks, as functions that take data folders and configurations."""
