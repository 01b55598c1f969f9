"""The vault: what it keeps, what it refuses, and what is left of a key after its destruction."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openlfr.sealing.errors import (
    KeyNotInVaultError,
    VaultDamagedError,
    VaultExistsError,
    VaultMissingError,
    VaultNotWrittenError,
    VaultRekeyedError,
    WrongUnlockError,
)
from openlfr.sealing.unlock import KeyFile, Passphrase
from openlfr.sealing.vault import VAULT_FILE, Vault
from openlfr.sealing.vault_file import KeyPurpose, Stretching

PASSPHRASE = Passphrase("eleven green bottles")
CHEAP = Stretching(method="argon2id", salt="00" * 16, iterations=1, lanes=1, memory_kib=32)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(tmp_path / "vault", PASSPHRASE, CHEAP)


def reopened(vault: Vault) -> Vault:
    return Vault.open(vault.folder, PASSPHRASE)


def test_a_key_made_is_there_after_reopening(vault: Vault) -> None:
    made = vault.create_keys(KeyPurpose.ALERT, 3)
    assert [reopened(vault).key(key.id).secret for key in made] == [key.secret for key in made]
    assert reopened(vault).key_ids(KeyPurpose.ALERT) == {key.id for key in made}


def test_a_new_vault_has_one_key_of_each_sole_purpose_and_they_stay(vault: Vault) -> None:
    for purpose in set(KeyPurpose) - {KeyPurpose.WATCHLIST, KeyPurpose.ALERT, KeyPurpose.DEPLOYMENT}:
        assert reopened(vault).sole_key(purpose) == vault.sole_key(purpose)
        with pytest.raises(ValueError, match="Only keys of"):
            vault.destroy_keys([vault.sole_key(purpose).id])


def test_a_vault_older_than_a_purpose_gets_its_one_key_at_first_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("openlfr.sealing.vault._SOLE_PURPOSES", (KeyPurpose.SIGNING,))
        Vault.create(tmp_path / "vault", PASSPHRASE, CHEAP)
    vault, another = (Vault.open(tmp_path / "vault", PASSPHRASE) for _ in range(2))
    assert not vault.key_ids(KeyPurpose.BUS)
    assert vault.sole_key(KeyPurpose.BUS) == another.sole_key(KeyPurpose.BUS)
    assert vault.key_ids(KeyPurpose.BUS) == {reopened(vault).sole_key(KeyPurpose.BUS).id}


def test_a_destroyed_key_is_in_no_byte_of_the_folder_and_its_secret_is_zeroed(vault: Vault) -> None:
    kept, doomed = vault.create_keys(KeyPurpose.WATCHLIST, 2)
    secret = doomed.secret
    assert vault.destroy_keys([doomed.id, "ff" * 16]) == {doomed.id}
    assert secret == bytes(32)
    with pytest.raises(KeyNotInVaultError, match="destroyed"):
        vault.key(doomed.id)
    assert reopened(vault).key_ids(KeyPurpose.WATCHLIST) == {kept.id}
    assert sorted(path.name for path in vault.folder.iterdir()) == ["vault.keys", "vault.lock"]


def test_destroying_a_key_twice_is_harmless(vault: Vault) -> None:
    (key,) = vault.create_keys(KeyPurpose.ALERT)
    vault.destroy_keys([key.id])
    generation = vault.generation
    assert vault.destroy_keys([key.id]) == frozenset()
    assert vault.generation == generation


def test_the_replaced_file_is_overwritten_before_it_is_let_go(vault: Vault) -> None:
    with (vault.folder / VAULT_FILE).open("rb") as old:
        assert any(old.read())
        vault.create_keys(KeyPurpose.ALERT)
        old.seek(0)
        content = old.read()
    assert content
    assert not any(content)


def test_what_an_interrupted_rewrite_left_is_ended_by_whoever_opens_or_changes_the_vault_next(vault: Vault) -> None:
    (doomed,) = vault.create_keys(KeyPurpose.ALERT)
    before = (vault.folder / VAULT_FILE).read_bytes()
    vault.destroy_keys([doomed.id])
    leftover = vault.folder / f"{VAULT_FILE}.old"
    for next_step in (lambda: reopened(vault), lambda: vault.destroy_keys([doomed.id])):
        leftover.write_bytes(before)
        next_step()
        assert not leftover.exists()


def test_no_secret_stands_in_the_file_in_clear(vault: Vault) -> None:
    keys = vault.create_keys(KeyPurpose.ALERT, 10)
    content = (vault.folder / VAULT_FILE).read_bytes()
    assert not any(bytes(key.secret) in content for key in keys)
    assert PASSPHRASE.text.encode() not in content


def test_a_wrong_passphrase_says_so_and_changes_nothing(vault: Vault) -> None:
    before = (vault.folder / VAULT_FILE).read_bytes()
    with pytest.raises(WrongUnlockError, match="does not open this vault"):
        Vault.open(vault.folder, Passphrase("twelve green bottles"))
    assert (vault.folder / VAULT_FILE).read_bytes() == before


def test_a_passphrase_vault_refuses_a_key_file_and_the_other_way_about(vault: Vault, tmp_path: Path) -> None:
    key_file = KeyFile(os.urandom(32))
    with pytest.raises(WrongUnlockError, match="opened with a passphrase"):
        Vault.open(vault.folder, key_file)
    Vault.create(tmp_path / "other", key_file)
    with pytest.raises(WrongUnlockError, match="opened with a key file"):
        Vault.open(tmp_path / "other", PASSPHRASE)
    assert Vault.open(tmp_path / "other", key_file).key_ids()


def test_a_missing_vault_is_an_error_and_never_becomes_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(VaultMissingError, match="A new vault is never made in its place"):
        Vault.open(tmp_path, PASSPHRASE)
    assert list(tmp_path.iterdir()) == []


def test_a_vault_that_vanishes_while_open_is_noticed(vault: Vault) -> None:
    (vault.folder / VAULT_FILE).unlink()
    with pytest.raises(VaultMissingError):
        vault.create_keys(KeyPurpose.ALERT)
    assert not (vault.folder / VAULT_FILE).exists()


def test_a_second_vault_is_not_made_over_the_first(vault: Vault) -> None:
    with pytest.raises(VaultExistsError, match="already"):
        Vault.create(vault.folder, PASSPHRASE, CHEAP)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUnlockError, match="at least 12 characters"):
        Vault.create(tmp_path / "vault", Passphrase("short"), CHEAP)


def test_every_altered_or_missing_byte_is_noticed(vault: Vault) -> None:
    path = vault.folder / VAULT_FILE
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises((VaultDamagedError, WrongUnlockError)):
            reopened(vault)
    for length in (0, 1, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(VaultDamagedError):
            reopened(vault)


def test_rotation_keeps_every_key_under_a_new_master_key(vault: Vault) -> None:
    (key,) = vault.create_keys(KeyPurpose.ALERT)
    other_process = reopened(vault)
    vault.rotate()
    assert reopened(vault).key(key.id).secret == key.secret
    assert other_process.key(key.id).secret == key.secret


def test_rotation_to_a_new_passphrase_shuts_out_the_old_one(vault: Vault) -> None:
    (key,) = vault.create_keys(KeyPurpose.ALERT)
    other_process = reopened(vault)
    new = Passphrase("ninety-nine red balloons")
    vault.rotate(new)
    assert Vault.open(vault.folder, new).key(key.id).secret == key.secret
    assert vault.key(key.id).secret == key.secret
    with pytest.raises(WrongUnlockError):
        reopened(vault)
    with pytest.raises(VaultRekeyedError, match="Start this program again"):
        other_process.key(key.id)


def test_a_key_destroyed_by_another_process_is_gone_here_too(vault: Vault) -> None:
    (key,) = vault.create_keys(KeyPurpose.ALERT)
    other_process = reopened(vault)
    held = other_process.key(key.id).secret
    vault.destroy_keys([key.id])
    with pytest.raises(KeyNotInVaultError):
        other_process.key(key.id)
    assert held == bytes(32)


def _make_keys(folder: Path, count: int) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    for _ in range(count):
        vault.create_keys(KeyPurpose.ALERT)


def test_two_processes_that_make_keys_at_once_lose_none(vault: Vault) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_make_keys, args=(vault.folder, 20)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(vault.key_ids(KeyPurpose.ALERT)) == 40


def test_a_full_disk_leaves_the_old_vault_valid(vault: Vault) -> None:
    """RLIMIT_FSIZE stands in for the full disk: writing past it fails with an OSError, as ENOSPC does."""
    program = f"""
import resource, signal
from pathlib import Path
from openlfr.sealing.errors import VaultNotWrittenError
from openlfr.sealing.unlock import Passphrase
from openlfr.sealing.vault import Vault
from openlfr.sealing.vault_file import KeyPurpose
vault = Vault.open(Path({str(vault.folder)!r}), Passphrase({PASSPHRASE.text!r}))
(kept,) = vault.create_keys(KeyPurpose.ALERT)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    vault.create_keys(KeyPurpose.ALERT, 1000)
except VaultNotWrittenError as error:
    print(error)
assert vault.key_ids(KeyPurpose.ALERT) == {{kept.id}}
vault.create_keys(KeyPurpose.ALERT)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "The old one is valid; nothing was changed." in ran.stdout
    assert len(reopened(vault).key_ids(KeyPurpose.ALERT)) == 2
    assert sorted(path.name for path in vault.folder.iterdir()) == ["vault.keys", "vault.lock"]


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VaultNotWrittenError, match="No vault could be made"):
        Vault.create(tmp_path / "file" / "vault", PASSPHRASE, CHEAP)
