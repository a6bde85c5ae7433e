"""Edit vectors and other directions in latent space."""
