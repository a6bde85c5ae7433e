"""Terms of the objective, one file each; `term.py` defines the interface."""
