"""Terms of the objective, one file each; `term.py` says what a term is."""
