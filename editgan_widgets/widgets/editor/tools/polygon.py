"""Polygon: an outline of straight lines. Its page sends the corners as the outline of a lasso (lasso.py)."""

BUTTONS = ("polygon",)
