"""Accounts on both databases: what is kept opens nothing, what is good once is good once, and the log has it all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher
from pyotp import TOTP
from sqlalchemy import func, select
from tests.support.authenticator import SoftwareAuthenticator
from tests.support.database import HandClock
from tests.support.hub_app import quick_passwords
from tests.support.staffed_hub import TERMINAL, StaffedHub, staffed_from_records

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Role
from openlfr.records.account_tables import (
    AccountRow,
    PasskeyRow,
    SessionRow,
    SignInFailureRow,
    SignInLinkRow,
    SpentChallengeRow,
)
from openlfr.records.accounts import Accounts, Invitation
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.challenges import ChallengePurpose, Challenges
from openlfr.records.credentials import Credentials
from openlfr.records.hub_records import HubRecords
from openlfr.records.one_time_codes import new_secret, step_of
from openlfr.records.passkeys import HubSite
from openlfr.records.passwords import PasswordStore, password_problems
from openlfr.records.set_up import SetUp
from openlfr.records.sign_in import Door, SignIn, SignInRefused
from openlfr.records.sign_in_delay import LONGEST_WAIT_S, Attempt, Counted, SignInDelay, wait_after
from openlfr.records.sign_in_sessions import Sessions, SignInSession
from openlfr.records.tables import Table

PASSWORD = "eleven green bottles"
NAME = "olga.operator"
DOOR = Door("192.0.2.7", "console at 192.0.2.7")


@dataclass
class AtTheDoor:
    """Everything about sign-in, with one operator to be invited."""

    hub: StaffedHub
    sessions: Sessions
    accounts: Accounts
    credentials: Credentials
    set_up: SetUp
    sign_in: SignIn

    @property
    def staff(self) -> StaffId:
        return self.hub.operator.staff

    def invited(self, name: str = NAME) -> Invitation:
        invitation = self.accounts.invite(self.hub.administrator, self.staff, name, TERMINAL)
        assert isinstance(invitation, Invitation)
        return invitation

    def with_password(self) -> tuple[str, str]:
        """The token of the session that setting up began, and the secret of the codes."""
        link = self.invited().token
        offered = self.set_up.open(link)
        assert not isinstance(offered, Refusal)
        token = self.set_up.by_password(link, PASSWORD, offered.codes, self.code(offered.secret), DOOR)
        assert isinstance(token, str)
        return token, offered.secret

    def with_passkey(self) -> tuple[str, SoftwareAuthenticator]:
        link = self.invited().token
        offered = self.set_up.open(link)
        assert not isinstance(offered, Refusal)
        device = SoftwareAuthenticator(self.sign_in.site.address)
        answer = device.create_text(offered.passkey.options)
        token = self.set_up.by_passkey(link, "Blue key", offered.passkey.challenge, answer, DOOR)
        assert isinstance(token, str)
        return token, device

    def code(self, secret: str, later: int = 0) -> str:
        return TOTP(secret).generate_otp(int(self.hub.clock().timestamp()) // 30 + later)

    def session(self, token: str) -> SignInSession:
        found = self.sessions.by_token(token)
        assert found is not None
        return found


@pytest.fixture
def door(records: HubRecords, clock: HandClock) -> AtTheDoor:
    hub = staffed_from_records(records, clock, Role.OPERATOR, Role.AUDITOR)
    sessions = Sessions(records, timedelta(minutes=15), timedelta(hours=12))
    site, challenges, passwords = HubSite("localhost", "http://localhost"), Challenges(records), quick_passwords()
    credentials = Credentials(records, sessions, challenges, site, passwords)
    return AtTheDoor(
        hub=hub,
        sessions=sessions,
        accounts=Accounts(records, sessions),
        credentials=credentials,
        set_up=SetUp(records, sessions, credentials),
        sign_in=SignIn(records, sessions, challenges, site, passwords),
    )


def acts(door: AtTheDoor, *names: str) -> Sequence[tuple[str, str]]:
    with door.hub.records.database.reading() as session:
        rows = session.scalars(
            select(AuditEntryRow).where(AuditEntryRow.act.in_(names)).order_by(AuditEntryRow.sequence)
        )
        return [(row.act, row.staff) for row in rows]


def counted(door: AtTheDoor, table: type[Table]) -> int:
    with door.hub.records.database.reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_the_database_holds_of_an_account_opens_nothing(door: AtTheDoor) -> None:
    token, secret = door.with_password()
    link = door.accounts.invite(door.hub.administrator, door.hub.auditor.staff, "aud", TERMINAL)
    assert isinstance(link, Invitation)
    kept = b""
    with door.hub.records.database.reading() as session:
        for table in (AccountRow, SessionRow, SignInLinkRow, SignInFailureRow, SpentChallengeRow, PasskeyRow):
            for row in session.scalars(select(table)):
                for column in table.__table__.columns:
                    kept += repr(getattr(row, column.name)).encode()
        (password_hash,) = session.scalars(
            select(AccountRow.password_hash).where(AccountRow.password_hash.is_not(None))
        )
    assert password_hash is not None
    assert password_hash.startswith("$argon2id$")
    assert password_hash.encode() in kept
    for secret_text in (token, secret, link.token, PASSWORD, NAME):
        assert secret_text.encode() not in kept


def test_passwords_are_stretched_as_rfc_9106_recommends() -> None:
    hasher = PasswordStore().hasher
    assert (hasher.time_cost, hasher.memory_cost, hasher.parallelism) == (3, 65536, 4)


def test_an_unknown_name_costs_as_much_as_a_known_one(door: AtTheDoor) -> None:
    class CountingHasher(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            self.verified += 1
            return super().verify(hash, password)

    door.with_passkey()
    hasher = CountingHasher(time_cost=1, memory_cost=8, parallelism=1)
    sign_in = replace(door.sign_in, passwords=PasswordStore(hasher))
    for tried, name in enumerate((NAME, "nobody.at.all", ""), 1):
        assert isinstance(sign_in.by_password(name, "a guess", "000000", DOOR), SignInRefused)
        assert hasher.verified == tried


def test_invitations_sign_ins_and_changes_are_in_the_audit_log(door: AtTheDoor) -> None:
    token, _ = door.with_password()
    door.sessions.lock(door.session(token), TERMINAL)
    assert door.sign_in.unlock_by_password(door.session(token), PASSWORD, DOOR) is None
    assert door.credentials.change_password(door.session(token), PASSWORD, "seven purple umbrellas", TERMINAL) is None
    door.sessions.sign_out(door.session(token), TERMINAL)
    staff = door.staff
    assert acts(door, "CHANGE_CREDENTIALS", "SIGN_IN", "LOCK_SESSION", "UNLOCK_SESSION", "SIGN_OUT") == [
        ("CHANGE_CREDENTIALS", staff),
        ("SIGN_IN", staff),
        ("LOCK_SESSION", staff),
        ("UNLOCK_SESSION", staff),
        ("CHANGE_CREDENTIALS", staff),
        ("SIGN_OUT", staff),
    ]


def test_one_code_used_by_many_at_once_lets_one_in(door: AtTheDoor) -> None:
    _, secret = door.with_password()
    door.hub.clock.advance(timedelta(seconds=30))
    code = door.code(secret)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: door.sign_in.by_password(NAME, PASSWORD, code, DOOR), range(4)))
    assert sum(isinstance(each, str) for each in answers) == 1


def test_guesses_at_once_gain_nothing_over_one_after_another(door: AtTheDoor) -> None:
    door.with_password()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: door.sign_in.by_password(NAME, "a guess", "000000", DOOR), range(12)))
    tried = [each for each in answers if isinstance(each, SignInRefused) and each.wait_s == 0]
    assert len(tried) == 4


def test_one_link_used_by_many_at_once_sets_one_up(door: AtTheDoor) -> None:
    link = door.invited().token
    offered = door.set_up.open(link)
    assert not isinstance(offered, Refusal)
    code = door.code(offered.secret)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: door.set_up.by_password(link, PASSWORD, offered.codes, code, DOOR), range(4)))
    assert sum(isinstance(each, str) for each in answers) == 1
    assert counted(door, SessionRow) == 1


def test_one_answer_of_a_passkey_used_by_many_at_once_lets_one_in(door: AtTheDoor) -> None:
    _, device = door.with_passkey()
    question = door.sign_in.passkey_question()
    answer = device.get_text(question.options)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: door.sign_in.by_passkey(question.challenge, answer, DOOR), range(4)))
    assert sum(isinstance(each, str) for each in answers) == 1


def test_the_first_account_is_made_at_the_hubs_own_machine(door: AtTheDoor) -> None:
    first = door.accounts.invite_from_the_machine(door.hub.administrator.staff, "adam", "openlfr init")
    assert isinstance(first, Invitation)
    assert ("MANAGE_STAFF", "hub") in acts(door, "MANAGE_STAFF")
    assert not isinstance(door.set_up.open(first.token), Refusal)


def test_nobody_invites_themselves_anew_and_only_administrators_invite(door: AtTheDoor) -> None:
    for by, staff, code in (
        (door.hub.administrator, door.hub.administrator.staff, RefusalCode.SAME_PERSON),
        (door.hub.operator, door.hub.auditor.staff, RefusalCode.WRONG_ROLE),
    ):
        refused = door.accounts.invite(by, staff, "somebody", TERMINAL)
        assert isinstance(refused, Refusal)
        assert refused.code is code
    assert counted(door, AccountRow) == counted(door, SignInLinkRow) == 0


def test_a_directory_name_means_one_account(door: AtTheDoor) -> None:
    door.invited()
    other = door.accounts.invite(door.hub.administrator, door.hub.auditor.staff, "aud", TERMINAL)
    assert isinstance(other, Invitation)
    administrator = door.hub.administrator
    assert not isinstance(door.accounts.set_directory_name(administrator, door.staff, "o@force", TERMINAL), Refusal)
    taken = door.accounts.set_directory_name(administrator, door.hub.auditor.staff, "o@force", TERMINAL)
    assert isinstance(taken, Refusal)
    assert taken.problems[0].field == "directory_name"
    assert isinstance(door.sign_in.by_directory("o@force", DOOR), str)
    assert isinstance(door.sign_in.by_directory("O@FORCE", DOOR), SignInRefused)
    assert not isinstance(door.accounts.set_directory_name(administrator, door.staff, None, TERMINAL), Refusal)
    assert isinstance(door.sign_in.by_directory("o@force", DOOR), SignInRefused)


def test_sessions_that_ended_and_challenges_that_expired_leave_no_rows(door: AtTheDoor) -> None:
    token, device = door.with_passkey()
    assert (counted(door, SessionRow), counted(door, SpentChallengeRow)) == (1, 1)
    door.hub.clock.advance(timedelta(hours=13))
    assert door.sessions.by_token(token) is None
    question = door.sign_in.passkey_question()
    assert isinstance(door.sign_in.by_passkey(question.challenge, device.get_text(question.options), DOOR), str)
    assert (counted(door, SessionRow), counted(door, SpentChallengeRow)) == (1, 1)


def test_asking_questions_writes_nothing(door: AtTheDoor) -> None:
    link = door.invited().token
    for _ in range(5):
        door.sign_in.passkey_question()
        door.set_up.open(link)
    assert counted(door, SpentChallengeRow) == 0


def test_one_person_has_at_most_twenty_sessions_and_the_oldest_ends(door: AtTheDoor) -> None:
    first, device = door.with_passkey()
    for _ in range(20):
        door.hub.clock.advance(timedelta(seconds=1))
        question = door.sign_in.passkey_question()
        assert isinstance(door.sign_in.by_passkey(question.challenge, device.get_text(question.options), DOOR), str)
    assert len(door.sessions.of(door.staff)) == 20
    assert door.sessions.by_token(first) is None


def test_a_challenge_is_for_its_purpose_and_person_only(door: AtTheDoor) -> None:
    challenges = Challenges(door.hub.records)
    challenge = challenges.issue(ChallengePurpose.ADD_PASSKEY, "content", door.staff)
    altered = challenge[:-8] + ("A" if challenge[-8] != "A" else "B") + challenge[-7:]
    with door.hub.records.database.writing() as session:
        for purpose, text, subject in (
            (ChallengePurpose.SIGN_IN_BY_PASSKEY, challenge, door.staff),
            (ChallengePurpose.ADD_PASSKEY, challenge, door.hub.auditor.staff),
            (ChallengePurpose.ADD_PASSKEY, altered, door.staff),
            (ChallengePurpose.ADD_PASSKEY, "", door.staff),
            (ChallengePurpose.ADD_PASSKEY, "ü%\ud800", door.staff),
        ):
            assert challenges.spend(session, purpose, text, subject) is None
        assert challenges.spend(session, ChallengePurpose.ADD_PASSKEY, challenge, door.staff) == "content"
        assert challenges.spend(session, ChallengePurpose.ADD_PASSKEY, challenge, door.staff) is None


def test_a_session_acts_only_while_it_is_open(door: AtTheDoor) -> None:
    token, _ = door.with_passkey()
    known = door.session(token)
    door.hub.clock.advance(timedelta(minutes=15))
    door.sessions.acted(known)  # as a request that was under way when the session locked
    assert door.session(token).locked
    assert door.sign_in.unlock_by_password(replace(known, staff=door.hub.auditor.staff), PASSWORD, DOOR) is not None
    assert door.session(token).locked


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(failures, Counted.ACCOUNT).total_seconds() for failures in range(16)]
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert wait_after(10_000, Counted.ADDRESS).total_seconds() == LONGEST_WAIT_S
    assert wait_after(19, Counted.ADDRESS).total_seconds() == 0


def test_failures_are_forgotten_after_a_day_and_a_clock_set_back_makes_nobody_wait_longer(door: AtTheDoor) -> None:
    delay, attempts = SignInDelay(door.hub.records), (Attempt.on_account(NAME),)
    waits = [delay.begin(attempts) for _ in range(5)]
    assert waits == [0, 0, 0, 0, 2]
    door.hub.clock.advance(-timedelta(days=3))
    assert delay.begin(attempts) == 2
    door.hub.clock.advance(timedelta(days=4, seconds=1))
    assert delay.begin(attempts) == 0
    assert counted(door, SignInFailureRow) == 1


def test_addresses_of_one_ipv6_network_count_together() -> None:
    same = {Attempt.from_address(text) for text in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")}
    assert len(same) == 1
    assert Attempt.from_address("2001:db8:1:3::1") not in same
    assert Attempt.from_address("192.0.2.1") != Attempt.from_address("192.0.2.2")
    assert Attempt.from_address("no address") == Attempt(Counted.ADDRESS, "no address")


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("short words", id="one character too short"),
        pytest.param("x" * 257, id="one character too long"),
        pytest.param("zzzzzzzzzzzzzz", id="one key"),
        pytest.param("P@ssw0rd2024!!", id="a common word in other letters, with a year"),
        pytest.param("qwertyuiop[]123", id="a row of keys"),
        pytest.param("olga.operator1!", id="the sign-in name"),
        pytest.param("Sunshine-Monkey-1", id="common words in a row"),
        pytest.param("liverpool-arsenal", id="football clubs"),
        pytest.param("abcdefghijklmnop", id="the alphabet"),
        pytest.param("0987654321 mnbvcxz", id="rows of keys, backwards"),
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    assert len(list(password_problems("password", password, NAME))) == 1


@pytest.mark.parametrize(
    "password", ["eleven green bottles", "my cat eats radishes", "kq7tRm2wPn9x", "пять зелёных бутылок", "x7!kQ@9#mZ$2"]
)
def test_any_other_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert list(password_problems("password", password, NAME)) == []
    store = quick_passwords()
    kept = store.hashed(password)
    assert store.matches(kept, password)
    assert not store.matches(kept, password + " ")


def test_the_same_password_typed_on_another_keyboard_is_the_same() -> None:
    store = quick_passwords()
    assert store.matches(store.hashed("caf\u00e9 in the old town"), "cafe\u0301 in the old town")


def test_there_is_no_password_that_matches_nothing() -> None:
    store = quick_passwords()
    assert not store.matches(None, "the password of nobody")
    assert not store.matches("not a hash", "not a hash")


def test_codes_are_those_of_rfc_6238_within_half_a_minute_of_the_phones_clock(clock: HandClock) -> None:
    secret = new_secret(lambda size: b"12345678901234567890"[:size])  # RFC 6238 appendix B
    times = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    for moment, code in times.items():
        now = clock.now.fromtimestamp(moment, tz=clock.now.tzinfo)
        assert step_of(secret, code, now) == moment // 30
        assert step_of(secret, f" {code[:3]} {code[3:]} ", now) == moment // 30
        assert step_of(secret, code, now + timedelta(seconds=30)) == moment // 30
        assert step_of(secret, code, now + timedelta(seconds=60)) is None
    for wrong in ("", "28708", "2870822", "28708２", "abcdef", "\ud800"):
        assert step_of(secret, wrong, clock.now.fromtimestamp(59, tz=clock.now.tzinfo)) is None
