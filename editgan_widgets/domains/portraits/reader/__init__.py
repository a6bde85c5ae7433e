"""Reading faces in photographs: where they are, their landmarks, parts and pose."""
