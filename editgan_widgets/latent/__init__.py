"""Optimisation of a generator's latents: edits, embedding, and the terms of their objectives."""
