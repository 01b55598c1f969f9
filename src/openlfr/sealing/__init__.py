"""Keys, vault, signatures and sealed boxes: what records, link and node all need.

Arranges algorithms of the cryptography package and invents none; imports nothing else of ours."""
