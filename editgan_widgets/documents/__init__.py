"""What a user works on, without a user interface: session, history, journal, photo, saved picture."""
