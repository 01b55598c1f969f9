"""`openlfr people` as an administrator calls it."""

from pathlib import Path

import pytest
from tests.support.commands import CommandLine, new_command_line
from tests.support.deployment_values import NOON


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return new_command_line(tmp_path, monkeypatch, NOON)


def test_an_administrator_is_appointed_once_and_adds_gives_roles_trains_and_closes(
    hub: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    adam = hub.done("people", "appoint-first", "Adam Admin")
    again = hub.refused("people", "appoint-first", "Eve Evil")
    assert again == "There are people here already: an administrator adds more."

    olu = hub.done("people", "add", "Olu Okoro", "--role", "operator", by=adam)
    trained = hub.done("people", "competence", olu, "--skill", "live operation", "--until", "2027-01-01", by=adam)
    assert "training: live operation until 2027-01-01" in trained
    changed = hub.done("people", "roles", olu, "--role", "operator", "--role", "authorising officer", by=adam)
    assert "the roles: authorising officer, operator;" in changed
    monkeypatch.setenv("COLUMNS", "80")
    listed = hub.done("people", "list", by=adam)
    assert olu in listed
    monkeypatch.setenv("COLUMNS", "220")
    listed = hub.done("people", "list", by=adam)
    assert "Olu Okoro" in listed
    assert "Eve Evil" not in listed
    assert "the account is closed since 2026-05-11." in hub.done("people", "close", olu, by=adam)
    assert "This account was closed" in hub.refused("people", "list", by=olu)


def test_rights_are_limited_to_forces_and_sites_and_nobody_gives_more_than_they_have(
    hub: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    adam = hub.done("people", "appoint-first", "Adam Admin")
    kent = hub.done("people", "add", "Kay Kent", "--role", "administrator", "--force", "Kent Police", by=adam)
    olu = hub.done("people", "add", "Olu", "--role", "operator", "--force", "Kent Police", "--site", "Dover", by=kent)
    assert "Kent Police at Dover" in hub.done("people", "list", by=adam)
    wider = hub.done("people", "reach", olu, "--force", "kent police", by=kent)
    assert "rights for kent police; training" in wider
    assert "Your rights are limited to Kent Police" in hub.refused("people", "reach", olu, by=kent)
    assert "Your rights are limited to Kent Police" in hub.refused("people", "add", "Bo", "--force", "Essex", by=kent)
    essex = hub.done("people", "add", "Ed Essex", "--role", "operator", "--force", "Essex", by=adam)
    assert essex not in hub.done("people", "list", by=kent)
    assert hub.refused("people", "close", essex, by=kent) == "There is no such member of staff."
    assert "rights for the whole hub" in hub.done("people", "reach", olu, by=adam)


def test_what_people_may_not_is_told_in_a_sentence_and_changes_nothing(hub: CommandLine) -> None:
    adam = hub.done("people", "appoint-first", "Adam Admin")
    olu = hub.done("people", "add", "Olu Okoro", "--role", "applicant", by=adam)
    before = hub.done("people", "list", by=adam)
    needed = "the role administrator is needed."
    assert hub.refused("people", "add", "Bo", by=olu) == f"You may not manage people and roles: {needed}"
    assert "another administrator must" in hub.refused("people", "close", adam, by=adam)
    assert hub.refused("people", "close", "nobody", by=adam) == "There is no such member of staff."
    assert "name: Please fill this in." in hub.refused("people", "add", " ", by=adam)
    unknown = hub.run("people", "add", "Bo", "--role", "king", by=adam)
    assert unknown.exit_code == 2
    assert "authorising officer" in unknown.stderr
    assert hub.done("people", "list", by=adam) == before
