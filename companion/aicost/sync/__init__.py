"""What speaks to a team's server or writes into a team's folder. The only way out."""
