"""The demonstration with its console: a hub and a node of their own in a folder that is deleted at the end."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyotp
import typer

from openlfr import __version__
from openlfr.assurance.certificate import certificate_for, default_certificates
from openlfr.capture.file_names import shown
from openlfr.capture.pictures import PictureError, read_picture
from openlfr.cli.demo_folder import demonstration_folder
from openlfr.cli.demo_street import LISTED, NOT_LISTED, SYNTHETIC, carried
from openlfr.cli.hub import quiet_logs, run_until_stopped
from openlfr.cli.hub_access import give_up, refusals_told, utc_now
from openlfr.cli.hub_start import begun, place_in
from openlfr.cli.node_beside import node_beside
from openlfr.cli.watchlist_access import answered
from openlfr.enrolment.enrol import Enroller
from openlfr.hub.demonstration import ORIGIN, DemonstrationError, Tester, prepare_demonstration
from openlfr.hub.demonstration_entry import OneTimeEntry
from openlfr.hub.place import HubPlace, authority_of, first_administrator
from openlfr.hub.reception import Reception
from openlfr.hub.serve import Listening, Running
from openlfr.hub.services import Services, services_of
from openlfr.hub.settings import HubSettings
from openlfr.hub.sign_in_services import sign_in_services
from openlfr.link.enrolment import EnrolmentCode, sign_request
from openlfr.node.recognition import chosen_threshold, fusion_rule
from openlfr.node.state import NodeState
from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate
from openlfr.policy.identifiers import CertificateId, StaffId
from openlfr.policy.roles import Actor
from openlfr.records.cameras import Camera, CameraDraft, Cameras
from openlfr.records.nodes import Nodes
from openlfr.records.sign_in import Door
from openlfr.records.watchlist_import import TemplateMaker
from openlfr.sealing.unlock import Passphrase
from openlfr.vision.models import Models, open_models

_WATCHLIST_SIZE: Final = 1000
_TARGET_FPIR: Final = 0.001
_ADDRESS: Final = "127.0.0.1"
_NODE_NAME: Final = "This machine"
_SMALLEST_FACE_PX: Final = 40
_NOBODY_LOCKS_IT: Final = timedelta(hours=8)
_LASTS_AT_MOST: Final = timedelta(hours=12)


def demo_in_browser(own: list[str], watch_for: list[Path], seconds: float | None, port: int) -> None:
    """Run the demonstration until Ctrl-C, or for so many seconds."""
    testers = _testers(watch_for)
    _refuse_missing(own)
    _refuse_taken(port)
    quiet_logs()
    with demonstration_folder() as folder, refusals_told():
        typer.echo("Preparing the demonstration: people, authority, a watchlist of consenting testers …")
        place = place_in(folder / "hub")
        opener = Passphrase(secrets.token_urlsafe(32))
        listening = Listening(host=_ADDRESS, port=port, plain_http=True, bus_port=_free_port())
        settings = HubSettings(
            address=f"http://localhost:{port}", idle_lock=_NOBODY_LOCKS_IT, session_end=_LASTS_AT_MOST
        )
        records = begun(place, opener)
        entry = _prepared(place, opener, services_of(records), settings, listening, testers, own)

        def beside(stop: asyncio.Event) -> Callable[[Running], Coroutine[None, None, None]]:
            async def told(running: Running) -> None:
                _tell(running.address + entry.path, own)
                if seconds is not None:
                    asyncio.get_running_loop().call_later(seconds, stop.set)
                await node_beside(place.folder / "node", opener)

            return told

        # Never cut off: what is in the folder must be gone before the process is.
        run_until_stopped(place, records, settings, listening, beside, ends_within_s=None, also=(entry.router(),))


def _tell(link: str, own: list[str]) -> None:
    if not own:
        typer.echo(
            f"{LISTED[0]} is on the watchlist, {NOT_LISTED[0]} is not; both walk along a made-up street "
            "(a rehearsal: nobody is looked for who did not consent)."
        )
    typer.echo(f"\nOpen this link, once, in a browser on this machine:\n\n    {link}\n\nCtrl-C ends it.")


def _prepared(
    place: HubPlace,
    opener: Passphrase,
    services: Services,
    settings: HubSettings,
    listening: Listening,
    testers: Sequence[Tester],
    own: list[str],
) -> OneTimeEntry:
    """Everything before the hub answers: an enrolled node, a deployment that is live, a link that waits."""
    models = open_models(second_opinion=True)
    certificate = demonstration_certificate(models, utc_now())
    administrator = answered(
        services.people.actor(answered(first_administrator(services.records, "Demo", ORIGIN)).staff)
    )
    cameras = _cameras(place, opener, services, settings, listening, administrator, own)
    maker = TemplateMaker(
        Enroller(models.detector_session, models.extractor, quality_floor=0.0),
        models.identity,
        models.execution.precision.value,
    )
    try:
        made = prepare_demonstration(services, administrator, cameras, testers, certificate, maker)
    except DemonstrationError as error:
        give_up(f"The demonstration cannot be prepared: {error}")
    session = _session(services, settings, made.onlooker)
    return OneTimeEntry(secrets.token_urlsafe(16), session, f"/live/{made.deployment}")


def demonstration_certificate(models: Models, now: datetime) -> ThresholdCertificate:
    """The shipped certificate for this machine's setup; where none ships for its precision, one for this demonstration
    alone, out of the pack's calibration. Raises ThresholdError when the pack has none."""
    setup = MatchingSetup(models.identity, models.execution.precision.value, fusion_rule(models))
    issued = certificate_for(default_certificates(), setup, _WATCHLIST_SIZE, now)
    if issued is not None:
        return issued.certificate
    return ThresholdCertificate(
        certificate=CertificateId(f"demonstration-{setup.precision}-{setup.fusion_rule}"),
        setup=setup,
        lowest_threshold=round(chosen_threshold(models, _WATCHLIST_SIZE, target_fpir=_TARGET_FPIR).value, 3),
        target_fpir=_TARGET_FPIR,
        smallest_watchlist=1,
        largest_watchlist=_WATCHLIST_SIZE,
        issued_at=now - timedelta(minutes=1),
        expires_at=now + timedelta(days=2),
    )


def _cameras(
    place: HubPlace,
    opener: Passphrase,
    services: Services,
    settings: HubSettings,
    listening: Listening,
    administrator: Actor,
    own: list[str],
) -> tuple[Camera, ...]:
    """The node of this machine, enrolled with a code as any other, and its cameras."""
    authority = authority_of(services.records)
    nodes = Nodes(services.records, authority.pin)
    bus = (f"nats://localhost:{listening.bus_port}",)
    reception = Reception(services.records, nodes, settings.host, authority.pem, bus)
    code = EnrolmentCode.read(answered(nodes.invite(administrator, _NODE_NAME, ORIGIN)).code)
    state = NodeState.create(place.folder / "node", opener)
    try:
        request = state.keys.request(code.secret, _NODE_NAME, __version__)
        enrolled = state.enrolled(
            answered(reception.enrol(sign_request(state.keys.signer, request).to_bytes(), ORIGIN))
        )
    finally:
        state.close()
    named = {f"Your camera {number}": _absolute(spec) for number, spec in enumerate(own, 1)}
    wanted = named or {"Made-up High Street": SYNTHETIC}
    cameras = Cameras(services.records)
    return tuple(
        answered(cameras.add(administrator, CameraDraft(enrolled.node, name, address, _SMALLEST_FACE_PX), ORIGIN))
        for name, address in wanted.items()
    )


def _absolute(spec: str) -> str:
    """The node runs in a folder of its own: a file's name must hold there too."""
    return str(Path(spec).absolute()) if "://" not in spec and Path(spec).exists() else spec


def _session(services: Services, settings: HubSettings, onlooker: StaffId) -> str:
    """A session of the onlooker, by an invitation and a password that nobody ever knows."""
    sign_in = sign_in_services(services, settings)
    link = answered(sign_in.accounts.invite_from_the_machine(onlooker, "onlooker", ORIGIN)).token
    invited = answered(sign_in.set_up.open(link))
    code = pyotp.TOTP(invited.secret).now()
    door = Door(address=_ADDRESS, origin=ORIGIN)
    return answered(sign_in.set_up.by_password(link, secrets.token_urlsafe(32), invited.codes, code, door))


def _testers(watch_for: list[Path]) -> tuple[Tester, ...]:
    today = utc_now().date()
    if not watch_for:
        name, package, portrait = LISTED
        return (Tester("DEMO/1", name, carried(package, portrait), date(1984, 1, 1)),)
    for path in watch_for:
        try:
            read_picture(path)
        except PictureError as error:
            give_up(str(error))
    return tuple(
        Tester(f"DEMO/{number}", path.stem, path.absolute(), today) for number, path in enumerate(watch_for, 1)
    )


def _refuse_missing(own: list[str]) -> None:
    """Said before the half minute that the preparation takes: the node would tell of it in the console only."""
    for spec in own:
        if spec.isdecimal() and not Path(f"/dev/video{spec}").exists():
            give_up(f"There is no USB camera {spec} on this machine; openlfr doctor names those that there are.")
        if not spec.isdecimal() and "://" not in spec and not Path(spec).exists():
            give_up(f"There is no recording {shown(Path(spec))}: name a file, rtsp://..., or a USB camera such as 0.")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError as error:
            give_up(f"The console cannot listen at port {port}: {error.strerror}. Choose another with --port.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port
