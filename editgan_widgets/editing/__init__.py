"""One edit, headless: strokes, target, objective, optimisation, edit vectors and the session that ties them."""
