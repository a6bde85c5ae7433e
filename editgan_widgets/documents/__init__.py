"""Documents without a user interface: session, history, journal, photo, saved picture, script, animation."""
