"""The one, linear history of the tables. Each file in `versions` is numbered; the newest comes last."""
