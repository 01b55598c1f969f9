"""Where the vault's opener comes from, and what is said when there is none."""

from pathlib import Path

import pytest

from openlfr.sealing.errors import WrongUnlockError
from openlfr.sealing.unlock import KeyFile, Passphrase, find_unlock, new_key_file


def test_the_passphrase_comes_from_the_environment_a_file_or_a_question(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("from a file\n")
    assert find_unlock({"OPENLFR_VAULT_PASSPHRASE": "from a variable"}) == Passphrase("from a variable")
    assert find_unlock({"OPENLFR_VAULT_PASSPHRASE_FILE": str(file)}) == Passphrase("from a file")
    assert find_unlock({}, ask=lambda: "from a person") == Passphrase("from a person")


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = new_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert find_unlock({"OPENLFR_VAULT_KEY_FILE": str(path)}) == made
    with pytest.raises(FileExistsError):
        new_key_file(path)


def test_without_any_the_message_names_the_variables(tmp_path: Path) -> None:
    with pytest.raises(WrongUnlockError, match="OPENLFR_VAULT_PASSPHRASE, OPENLFR_VAULT_PASSPHRASE_FILE or"):
        find_unlock({})
    with pytest.raises(WrongUnlockError, match="cannot be read: No such file"):
        find_unlock({"OPENLFR_VAULT_KEY_FILE": str(tmp_path / "absent")})
    with pytest.raises(WrongUnlockError, match="at least 32 random bytes"):
        KeyFile(b"short")


def test_an_opener_never_shows_its_secret_when_printed() -> None:
    assert "bottles" not in repr(Passphrase("eleven green bottles"))
    assert "bottles" not in repr(KeyFile(b"eleven green bottles standing on a wall"))
