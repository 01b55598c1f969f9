"""How a machine is received that comes with a one-time code: what the hub shows it, and what it answers."""

from dataclasses import dataclass

from openlfr.link.enrolment import EnrolmentAnswer, read_request, sign_answer
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Nodes
from openlfr.records.plans import hub_id
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SignedDocument
from openlfr.sealing.vault_file import KeyPurpose


@dataclass(frozen=True, slots=True)
class Reception:
    """`authority` is the certificate of the hub's authority (PEM), `bus` where nodes reach its bus."""

    records: HubRecords
    nodes: Nodes
    hub_name: str
    authority: bytes
    bus: tuple[str, ...]

    def enrol(self, content: bytes, origin: str) -> SignedDocument | Refusal:
        """Make whoever signed this request the node of its code; the hub's signed answer."""
        try:
            request, keys = read_request(content)
        except SignatureInvalidError as error:
            return Refusal(RefusalCode.INVALID_FIELDS, str(error))
        node = self.nodes.enrol(request.secret, keys, origin)
        if isinstance(node, Refusal):
            return node
        exchange = ExchangeKey(self.records.vault.sole_key(KeyPurpose.EXCHANGE).secret)
        answer = EnrolmentAnswer(
            node=node.node,
            hub=hub_id(self.records),
            hub_name=self.hub_name,
            hub_verify_key=self.records.signer.public.raw.hex(),
            hub_exchange_key=exchange.public.raw.hex(),
            authority=self.authority.decode(),
            bus=self.bus,
        )
        return sign_answer(self.records.signer, answer)
