"""What the screens are made of: widgets show values, and report wishes as messages."""
