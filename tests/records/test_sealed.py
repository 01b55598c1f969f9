"""Sealed columns: what goes in comes out, in its place, while its key lives."""

import pytest

from openlfr.records.hub_records import HubRecords
from openlfr.sealing.box import Place
from openlfr.sealing.errors import KeyNotInVaultError, SealBrokenError
from openlfr.sealing.vault_file import KeyPurpose

PLACE = Place("watchlist_entries", "name", "17")


def test_texts_values_and_bytes_come_back(records: HubRecords) -> None:
    (key,) = records.vault.create_keys(KeyPurpose.WATCHLIST)
    sealer = records.sealer
    assert sealer.unseal_text(sealer.seal_text(key, "Zoë Müller 王", PLACE), PLACE) == "Zoë Müller 王"
    assert sealer.unseal_json(sealer.seal_json(key, {"height": [1, None]}, PLACE), PLACE) == {"height": [1, None]}
    assert sealer.unseal(sealer.seal(key, b"\x00\xff", PLACE), PLACE) == b"\x00\xff"


def test_a_value_does_not_open_in_another_row_nor_after_its_key_is_destroyed(records: HubRecords) -> None:
    (key,) = records.vault.create_keys(KeyPurpose.WATCHLIST)
    sealed = records.sealer.seal_text(key, "Zoë", PLACE)
    with pytest.raises(SealBrokenError):
        records.sealer.unseal_text(sealed, Place("watchlist_entries", "name", "18"))
    records.vault.destroy_keys([key.id])
    with pytest.raises(KeyNotInVaultError):
        records.sealer.unseal_text(sealed, PLACE)
