"""Domains: what is known about a class of pictures beyond its networks."""
