"""The team's server: takes day documents, keeps them, and tells only what a team may know."""
