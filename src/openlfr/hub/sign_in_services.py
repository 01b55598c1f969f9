"""The services for sign-in, joined together: for the application, and for the command that makes the first account."""

from dataclasses import dataclass

from openlfr.hub.directory import Directory
from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings
from openlfr.hub.signed_in import Standing
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.accounts import Accounts
from openlfr.records.challenges import Challenges
from openlfr.records.credentials import Credentials
from openlfr.records.passkeys import HubSite
from openlfr.records.passwords import PasswordStore
from openlfr.records.set_up import SetUp
from openlfr.records.sign_in import SignIn
from openlfr.records.sign_in_sessions import Sessions


@dataclass(frozen=True, slots=True)
class SignInServices:
    """Everything about who may come in."""

    sessions: Sessions
    tokens: AccessTokens
    accounts: Accounts
    credentials: Credentials
    set_up: SetUp
    sign_in: SignIn
    directory: Directory
    standing: Standing

    def parts(self) -> tuple[object, ...]:
        """Each service by itself, as routes ask for it."""
        return (
            self.sessions,
            self.tokens,
            self.accounts,
            self.credentials,
            self.set_up,
            self.sign_in,
            self.directory,
            self.standing,
        )


def sign_in_services(
    services: Services, settings: HubSettings, passwords: PasswordStore | None = None
) -> SignInServices:
    """The services of one hub; `passwords` in place of those that take as long as they should."""
    records = services.records
    passwords = passwords or PasswordStore()
    site = HubSite(settings.host, settings.address)
    sessions = Sessions(records, settings.idle_lock, settings.session_end)
    tokens = AccessTokens(records)
    challenges = Challenges(records)
    credentials = Credentials(records, sessions, challenges, site, passwords)
    return SignInServices(
        sessions=sessions,
        tokens=tokens,
        accounts=Accounts(records, sessions),
        credentials=credentials,
        set_up=SetUp(records, sessions, credentials),
        sign_in=SignIn(records, sessions, challenges, site, passwords),
        directory=Directory(settings.directory, settings.address, challenges),
        standing=Standing(services.people, sessions, tokens),
    )
