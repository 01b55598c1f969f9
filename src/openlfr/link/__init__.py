"""What node and hub say to each other: the sealed watchlist bundle, its receipts, and orders to remove a person.

Formats and their checks, without database or transport. Uses policy and sealing; imports no records, hub or node."""
