"""`openlfr people`: appoint staff, give roles, record training, close accounts."""

from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.cli.watchlist_access import ActingAs, acting, answered
from openlfr.policy.reach import Reach
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.records.people import People, StaffMember

app = typer.Typer(help="Staff: who they are, their roles and their training.", no_args_is_help=True)

_IDENTIFIER: Final = 36
"""Characters: an identifier that is cut short on a narrow screen cannot be copied."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name; it is kept sealed.")]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Their identifier, as `list` gives it.")]
Forces = Annotated[
    list[str] | None,
    typer.Option("--force", metavar="NAME", help="A force their rights are limited to; repeat for several."),
]
Sites = Annotated[
    list[str] | None,
    typer.Option("--site", metavar="NAME", help="A site their rights are limited to; repeat for several."),
]
Roles = Annotated[list[Role] | None, typer.Option("--role", help="A role they hold; repeat for several.")]


@app.command("appoint-first")
def appoint_first(name: Name, database: DatabaseAddress, vault: VaultFolder, role: Roles = None) -> None:
    """Appoint the first administrator of a new hub; prints the identifier. Refused once there is anybody."""
    with opened(database, vault) as records:
        member = answered(People(records).appoint_first(name, role or (), origin("people appoint-first")))
        _tell_added(member)


@app.command()
def add(
    name: Name,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    role: Roles = None,
    force: Forces = None,
    site: Sites = None,
) -> None:
    """Add a member of staff; prints the identifier. With no force and no site named, their rights are for the hub."""
    with opened(database, vault) as records:
        by, asked_from = acting(records, acting_as), origin("people add")
        _tell_added(answered(People(records).add(by, name, role or (), asked_from, _reach(force, site))))


@app.command()
def roles(
    person: Person, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, role: Roles = None
) -> None:
    """Replace the roles somebody holds by those named; none named, they hold none."""
    with opened(database, vault) as records:
        by, people, asked_from = acting(records, acting_as), People(records), origin("people roles")
        seen = _seen(people, by, person, asked_from)
        _tell(answered(people.set_roles(by, seen.staff, role or (), seen.version, asked_from)))


@app.command()
def reach(
    person: Person,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    force: Forces = None,
    site: Sites = None,
) -> None:
    """Limit somebody's rights to the forces and sites named; with none named, they are for the whole hub."""
    with opened(database, vault) as records:
        by, people, asked_from = acting(records, acting_as), People(records), origin("people reach")
        seen = _seen(people, by, person, asked_from)
        _tell(answered(people.set_reach(by, seen.staff, _reach(force, site), seen.version, asked_from)))


@app.command()
def competence(
    person: Person,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    skill: Annotated[Skill, typer.Option(help="What they were trained for.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it is valid.")],
) -> None:
    """Record training. Operators and engagement officers need live operation; the newest record of a skill holds."""
    with opened(database, vault) as records:
        by, people, asked_from = acting(records, acting_as), People(records), origin("people competence")
        seen = _seen(people, by, person, asked_from)
        training = Competence(skill, until.date())
        _tell(answered(people.record_competence(by, seen.staff, training, seen.version, asked_from)))


@app.command("list")
def show_all(database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Show everybody, with their roles and training."""
    with opened(database, vault) as records:
        members = answered(People(records).everybody(acting(records, acting_as), origin("people list")))
    identifier = Column("person", no_wrap=True, min_width=_IDENTIFIER)
    words = ("name", "roles", "rights for", "training", "account")
    table = Table(identifier, *(Column(each, overflow="fold") for each in words))
    for each in members:
        table.add_row(
            each.staff,
            Text(shown(each.name)),
            _roles(each),
            Text(shown(str(each.reach))),
            _training(each),
            _account(each),
        )
    Console(highlight=False).print(table)


@app.command()
def close(person: Person, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """End somebody's account for good; what they decided stays theirs."""
    with opened(database, vault) as records:
        by, people, asked_from = acting(records, acting_as), People(records), origin("people close")
        seen = _seen(people, by, person, asked_from)
        _tell(answered(people.close_account(by, seen.staff, seen.version, asked_from)))


def _reach(force: list[str] | None, site: list[str] | None) -> Reach:
    return Reach(frozenset(each.strip() for each in force or ()), frozenset(each.strip() for each in site or ()))


def _seen(people: People, by: Actor, person: str, asked_from: str) -> StaffMember:
    """The account as it is now, which is what the administrator changes."""
    found = [each for each in answered(people.everybody(by, asked_from)) if each.staff == person]
    if not found:
        give_up("There is no such member of staff.")
    return found[0]


def _tell_added(member: StaffMember) -> None:
    typer.echo(f"{shown(member.name)} is added, with: {_roles(member)}; {_rights(member)}. The identifier:", err=True)
    typer.echo(member.staff)


def _tell(member: StaffMember) -> None:
    typer.echo(
        f"{shown(member.name)} has the roles: {_roles(member)}; {_rights(member)}; training: {_training(member)}; "
        f"the account is {_account(member)}."
    )


def _rights(member: StaffMember) -> str:
    return f"rights for {shown(str(member.reach))}"


def _roles(member: StaffMember) -> str:
    return ", ".join(sorted(member.roles)) or "none"


def _training(member: StaffMember) -> str:
    return ", ".join(f"{each.skill} until {each.expires_on:%Y-%m-%d}" for each in member.competences) or "none"


def _account(member: StaffMember) -> str:
    return "open" if member.closed_at is None else f"closed since {member.closed_at:%Y-%m-%d}"
