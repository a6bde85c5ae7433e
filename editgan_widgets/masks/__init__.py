"""Painted label maps: strokes, fills, part operations and mask files. Numpy only."""
