"""Generators: one file a kind, a protocol that all follow, and a registry that builds them by the kind in a file."""
