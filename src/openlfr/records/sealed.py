"""Sealed columns: what is personal is sealed before it reaches the database, and opened by whoever reads the row.

Done by name, not by a column type: a query then never opens anything in passing, and the reader of the code sees each
place where personal data come into the clear. The key is the row group's own (its watchlist's, alert's or
deployment's); the row keeps its id in a `key_id` column. The value opens only in its own table, column and row.
"""

from dataclasses import dataclass

from openlfr.sealing.box import Place, seal, sealing_key, unseal
from openlfr.sealing.canonical import JsonValue, canonical_bytes, parse_canonical
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import VaultKey


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens column values with the keys of one vault."""

    vault: Vault

    def seal(self, key: VaultKey, content: bytes, place: Place) -> bytes:
        """Seal bytes (a picture, a template) for one column of one row."""
        return seal(key.id, key.secret, content, place)

    def unseal(self, sealed: bytes, place: Place) -> bytes:
        """Open bytes. Raises KeyNotInVaultError once the key is destroyed, SealBrokenError when they were altered."""
        return unseal(self.vault.key(sealing_key(sealed)).secret, sealed, place)

    def seal_text(self, key: VaultKey, text: str, place: Place) -> bytes:
        """Seal a text (a name, a reason)."""
        return self.seal(key, text.encode(), place)

    def unseal_text(self, sealed: bytes, place: Place) -> str:
        """Open a text. Raises as `unseal`."""
        return self.unseal(sealed, place).decode()

    def seal_json(self, key: VaultKey, value: JsonValue, place: Place) -> bytes:
        """Seal a structured value in its canonical form."""
        return self.seal(key, canonical_bytes(value), place)

    def unseal_json(self, sealed: bytes, place: Place) -> JsonValue:
        """Open a structured value. Raises as `unseal`."""
        return parse_canonical(self.unseal(sealed, place))
