"""The audit log on the wire."""

from datetime import datetime

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.wire import Answering, Asking, Name, Text
from openlfr.records.audit_entry import Processing


class EntryView(Answering):
    """One entry of the audit log without its words."""

    sequence: int
    recorded_at: datetime
    staff: str = Field(description='The identifier of who acted; "hub" for the hub by itself.')
    role: str = Field(description="The role they acted in; empty for the hub.")
    act: str = Field(description="Named as in `GET /vocabulary`.", examples=["GO_LIVE"])
    processing: Processing
    record_kind: str = Field(examples=["deployment"])
    record_id: str
    origin: str = Field(description="From where it was done.")
    refused: bool = Field(description="It was asked for and not allowed: nothing was done.")


class OpenedEntryView(Answering):
    """One entry with its words, which may name people."""

    entry: EntryView
    justification: str
    recipient: str


class ProofView(Answering):
    """What proves that an entry is in the log (RFC 6962 section 2.1.1). Hashes are in hexadecimal."""

    sequence: int
    content: str = Field(description="The text whose SHA-256, after a zero byte, is the leaf.")
    leaf: str
    path: list[str]
    size: int = Field(description="How many entries the signed head covers.")
    head: str = Field(description="The hub's signed tree head, as a document.")
    signer: str = Field(description="The hub's public key; compare it with the one noted when the hub was set up.")


class NotedHeads(Asking):
    """Heads of the log that were noted elsewhere, each as SIZE:ROOT; the one beside the vault is asked always."""

    heads: list[Name] = Field(default_factory=list, max_length=100)

    model_config = ConfigDict(json_schema_extra={"examples": [{"heads": []}]})


class ExportForm(Asking):
    """To whom the log is disclosed and why; about one record, or the whole."""

    recipient: Name
    reason: Text
    record_kind: Name | None = None
    record_id: Name | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recipient": "Information Commissioner's Office", "reason": "Request ICO/2026/17."}]
        }
    )
