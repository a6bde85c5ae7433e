"""Label maps: strokes, fills, part operations and mask files. Numpy only, no torch."""
