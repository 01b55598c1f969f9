"""What a node keeps on its disk: its keys, whose node it is, and numbers. No plan, no list, no face.

The numbers are there so that nothing old works again after a restart: plans seen, orders to stop, bundles opened, and
receipts that the hub has not answered for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from openlfr.link.connection import bus_key
from openlfr.link.enrolment import EnrolmentAnswer, EnrolmentRequest, read_answer
from openlfr.link.messages import OwedReceipt
from openlfr.link.watchlist_bundle import BundleImport, BundleLog
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.sealing.durable import ReplacedWhole
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey
from openlfr.sealing.unlock import Unlock
from openlfr.sealing.vault import VAULT_FILE, Vault
from openlfr.sealing.vault_file import KeyPurpose

VAULT_FOLDER: Final = "vault"
OUTBOX_FOLDER: Final = "outbox"
MOST_REMEMBERED: Final = 2000
"""Plans and bundles kept in mind, the newest: years of deployments, and a file of a few hundred kilobytes."""

_HUB_FILE: Final = "hub.json"
_MEMORY_FILE: Final = "seen.json"
_MEMORY_KIND: Final = "what a node has seen"


class NodeStateError(Exception):
    """The node's folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """The newest plan of a deployment that this node ever took; `stopped`: it was an order to stop, and nothing of this
    deployment is ever obeyed again."""

    deployment: DeploymentId
    sequence: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """All of it, oldest first. `answered` are bundles whose receipt the hub keeps."""

    plans: tuple[SeenPlan, ...] = ()
    bundles: BundleLog = field(default_factory=BundleLog)
    answered: tuple[str, ...] = ()

    def plan(self, deployment: DeploymentId) -> SeenPlan | None:
        return next((each for each in self.plans if each.deployment == deployment), None)

    def with_plan(self, plan: ArmedPlan) -> "Seen":
        others = tuple(each for each in self.plans if each.deployment != plan.deployment)
        noted = SeenPlan(plan.deployment, plan.sequence, plan.order is Order.STOP)
        return replace(self, plans=(*others, noted)[-MOST_REMEMBERED:])

    def destroyed(self, bundle: str, at: datetime) -> "Seen":
        return replace(self, bundles=self.bundles.destroyed(bundle, at))

    def with_bundles(self, log: BundleLog) -> "Seen":
        return replace(self, bundles=BundleLog(log.imports[-MOST_REMEMBERED:]))

    def with_answered(self, bundle: str) -> "Seen":
        return replace(self, answered=(*self.answered, bundle)[-MOST_REMEMBERED:])

    def accounting_for(self, owed: Sequence[OwedReceipt], at: datetime) -> "Seen":
        """With a receipt due for each of these that is not held here: the program ended before it had noted what came,
        or the hub has lost what it was told. A bundle that is unknown so far is never opened here from now on."""
        held = {each.bundle for each in self.bundles.imports if each.destroyed_at is None}
        gone = {each.bundle: each.watchlist for each in owed if each.bundle not in held}
        unknown = tuple(
            BundleImport(bundle, watchlist, imported_at=at, destroyed_at=at)
            for bundle, watchlist in gone.items()
            if self.bundles.find(bundle) is None
        )
        answered = tuple(each for each in self.answered if each not in gone)
        return replace(self, answered=answered).with_bundles(BundleLog((*self.bundles.imports, *unknown)))

    @property
    def unanswered(self) -> tuple[BundleImport, ...]:
        """Bundles that are destroyed here, and the hub has not said that it knows."""
        known = set(self.answered)
        return tuple(each for each in self.bundles.imports if each.destroyed_at and each.bundle not in known)


@dataclass(frozen=True, slots=True)
class NodeKeyPairs:
    """The node's own keys, out of its vault. `bus_seed`: 32 bytes."""

    signer: SigningKey
    exchange: ExchangeKey
    bus_seed: bytearray

    def request(self, secret: bytes, machine: str, software: str) -> EnrolmentRequest:
        """What this node says to become a hub's."""
        return EnrolmentRequest(
            secret=secret.hex(),
            machine=machine,
            software=software,
            verify_key=self.signer.public.raw.hex(),
            exchange_key=self.exchange.public.raw.hex(),
            nkey=bus_key(self.bus_seed),
        )


class NodeState:
    """The open folder of one node. Everything that changes it has reached the disk when it returns."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._vault = vault
        self.keys = NodeKeyPairs(
            SigningKey(vault.sole_key(KeyPurpose.SIGNING).secret),
            ExchangeKey(vault.sole_key(KeyPurpose.EXCHANGE).secret),
            vault.sole_key(KeyPurpose.BUS).secret,
        )
        self._hub_file = ReplacedWhole(folder / _HUB_FILE)
        self._seen_file = ReplacedWhole(folder / _MEMORY_FILE)
        for file in (self._hub_file, self._seen_file):
            file.recover()
        self.hub = self._read_hub()
        self._seen = self._read_seen()

    @classmethod
    def create(cls, folder: Path, unlock: Unlock) -> "NodeState":
        """A new node's folder, with new keys. Raises VaultExistsError where there is one, and other SealingErrors."""
        return cls(folder, Vault.create(folder / VAULT_FOLDER, unlock))

    @classmethod
    def open(cls, folder: Path, unlock: Unlock) -> "NodeState":
        """Raises SealingErrors for the vault, NodeStateError for the rest."""
        return cls(folder, Vault.open(folder / VAULT_FOLDER, unlock))

    @staticmethod
    def exists(folder: Path) -> bool:
        return (folder / VAULT_FOLDER / VAULT_FILE).exists()

    @property
    def seen(self) -> Seen:
        return self._seen

    @property
    def outbox_folder(self) -> Path:
        return self.folder / OUTBOX_FOLDER

    @property
    def hub_key(self) -> VerifyKey:
        """Whose orders this node obeys. Raises NodeStateError before it is enrolled."""
        return VerifyKey(bytes.fromhex(self.enrolment.hub_verify_key))

    @property
    def hub_exchange_key(self) -> ExchangePublicKey:
        """To whom its alerts are sealed. Raises NodeStateError before it is enrolled."""
        return ExchangePublicKey(bytes.fromhex(self.enrolment.hub_exchange_key))

    @property
    def enrolment(self) -> EnrolmentAnswer:
        """Whose node this is. Raises NodeStateError before it is any hub's."""
        if self.hub is None:
            raise NodeStateError("This machine belongs to no hub yet. Enrol it with: openlfr node enrol")
        return self.hub

    def refuse_enrolled(self) -> None:
        """Raises NodeStateError when this is some hub's node: one that changed its hub would obey two."""
        if self.hub is not None:
            raise NodeStateError(
                f"This machine belongs to the hub {self.hub.hub_name} already: name another folder to enrol it anew."
            )

    def enrolled(self, document: SignedDocument) -> EnrolmentAnswer:
        """Keep what the hub answered.

        Raises NodeStateError, SignatureInvalidError, or OSError with nothing changed.
        """
        self.refuse_enrolled()
        answer = read_answer(document.to_bytes())
        self._hub_file.replace(document.to_bytes())
        self.hub = answer
        return answer

    def note(self, change: Callable[[Seen], Seen]) -> None:
        """Put down what was seen; nothing is written when nothing changes. Raises OSError with nothing changed."""
        after = change(self._seen)
        if after != self._seen:
            signed = self.keys.signer.sign_document(_MEMORY_KIND, to_document(after))
            self._seen_file.replace(signed.to_bytes())
            self._seen = after

    def close(self) -> None:
        """Zero the keys in memory."""
        self._vault.close()

    def _read_hub(self) -> EnrolmentAnswer | None:
        content = _read(self._hub_file.path)
        if content is None:
            return None
        try:
            return read_answer(content)
        except SignatureInvalidError as error:
            raise NodeStateError(f"{self._hub_file.path} was altered: enrol this machine anew.") from error

    def _read_seen(self) -> Seen:
        content = _read(self._seen_file.path)
        if content is None:
            return Seen()
        try:
            document = SignedDocument.from_bytes(content).opened_by(self.keys.signer.public, _MEMORY_KIND)
            return from_document(Seen, document)
        except (SignatureInvalidError, DocumentError) as error:
            raise NodeStateError(
                f"{self._seen_file.path} was altered, and old plans could work again: enrol this machine anew."
            ) from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NodeStateError(f"{path} cannot be read: {error.strerror}.") from error
