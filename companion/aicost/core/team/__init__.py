"""What a team may know: day documents, pseudonyms, and what may be published of them. Pure."""
