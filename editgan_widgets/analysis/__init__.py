"""Measurements of edits, edit vectors, drags, embeddings and whole models."""
