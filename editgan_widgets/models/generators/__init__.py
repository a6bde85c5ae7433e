"""Generators: one file per kind, their common protocol, and a registry that builds them by the kind in a file."""
