"""What agents call: small, silent, never in the way."""
