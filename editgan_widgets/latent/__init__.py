"""Optimisation over a generator's latents: the objective and its terms."""
