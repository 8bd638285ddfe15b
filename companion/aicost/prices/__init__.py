"""List prices as dated data, and how they become the price book."""
