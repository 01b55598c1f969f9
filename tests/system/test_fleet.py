"""The hub's side of the link on a real bus: whom it believes, what it tells whom, and what it never lets in."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from nats.aio.msg import Msg
from sqlalchemy import func, select
from tests.support.bus import run, until
from tests.support.hand_node import HandNode, hand_node
from tests.support.living_hub import TERMINAL, LivingHub, living_hub, utc_now
from tests.support.rehearsals import Rehearsal, live_rehearsal, quick_kit, raised_in
from tests.support.staffed_hub import PICTURES

from openlfr.hub.place import authority_of
from openlfr.hub.session_cookie import COOKIE
from openlfr.hub.settings import HubSettings
from openlfr.link.bundle_pieces import read_piece
from openlfr.link.connection import LinkLostError
from openlfr.link.messages import (
    BundleWanted,
    CheckFound,
    FoundCamera,
    HeldList,
    HeldPlan,
    Hello,
    Orders,
    OwedReceipt,
    SearchFound,
    Tally,
    alerts_subject,
    bundle_subject,
    finding_subject,
    hello_subject,
    nudge_subject,
    preview_subject,
    receipt_subject,
)
from openlfr.link.sealed_alert import seal_alert
from openlfr.link.signed_messages import (
    open_settings,
    read_dismissal,
    read_plan,
    sign_bundle_wanted,
    sign_finding,
    sign_hello,
)
from openlfr.link.tls import client_context
from openlfr.link.watchlist_bundle import DestructionReceipt, read_manifest, sign_receipt
from openlfr.node.state import NodeState
from openlfr.policy.camera_check import CheckFigures
from openlfr.policy.identifiers import CameraId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.policy.refusal import Refusal
from openlfr.records.account_tables import SignInMethod
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.camera_checks import CameraChecks, KeptCheck
from openlfr.records.cameras import CameraDraft, Cameras
from openlfr.records.presence import check_out
from openlfr.records.sign_in_sessions import Sessions
from openlfr.records.tallies import deployment_tally
from openlfr.sealing.signature import SigningKey


def acts(hub: LivingHub, act: str, processing: str) -> int:
    with hub.records.database.reading() as session:
        return session.execute(
            select(func.count())
            .select_from(AuditEntryRow)
            .where(AuditEntryRow.act == act, AuditEntryRow.processing == processing)
        ).scalar_one()


async def lived(hub: LivingHub, folder: Path) -> tuple[Rehearsal, NodeState]:
    state = await hub.enrolled(folder / "node")
    rehearsal = await asyncio.to_thread(live_rehearsal, hub.services, state.enrolment.node, folder, quick_kit())
    return rehearsal, state


def test_a_node_is_told_its_plan_cameras_and_officers_once_and_what_changed_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            rehearsal, state = await lived(hub, tmp_path)
            async with hand_node(state) as node:
                orders = await told_of_a_plan(node)
                (document,) = orders.plans
                plan = read_plan(document.encode(), state.hub_key)
                assert (plan.deployment, plan.order) == (rehearsal.deployment, Order.ANALYSE)
                assert [each.officer for each in orders.check_ins] == [rehearsal.onlooker.staff]
                settings = open_settings(orders.settings, state.keys.exchange)
                assert [each.address for each in settings.cameras] == ["synthetic:"]
                holding = {
                    "plans": (HeldPlan(plan.deployment, plan.sequence),),
                    "settings": settings.version,
                }
                again = await node.says(utc_now(), **holding)
                assert (again.plans, again.settings, again.number) == ((), "", node.number)

                nudged = asyncio.Event()

                async def on_nudge(_message: object) -> None:
                    nudged.set()

                await node.link.subscribe(f"olfr.nudge.{node.node}", on_nudge)
                await asyncio.to_thread(check_out, hub.records, rehearsal.onlooker, rehearsal.deployment, "console 2")
                await until(nudged.is_set)
                assert (await node.says(utc_now(), **holding)).check_ins == ()
                await asked_and_answered(hub, node)
                await receipt_asked_for(hub, node, plan)
                await asyncio.to_thread(rehearsal.end)
                (over,) = (await told_of_a_plan(node, Order.STOP, **holding)).plans
                assert read_plan(over.encode(), state.hub_key).order is Order.STOP

    run(story)


async def asked_and_answered(hub: LivingHub, node: HandNode) -> None:
    """A question of the hub stands in the orders until the node's signed word says that there is no more to come."""
    assert hub.running is not None
    questions = hub.running.fleet.questions
    search = questions.search(node.node, timedelta(minutes=1))
    (wanted,) = (await node.says(utc_now())).searches
    assert wanted.search == search
    found = SearchFound(node.node, search, (FoundCamera("rtsp://10.0.0.7/1", "Gate", "Maker 1"),), done=True)
    for signer in (SigningKey(b"\x07" * 32), node.state.keys.signer):
        await node.link.publish(finding_subject(node.node), sign_finding(signer, found))
    await until(lambda: (asked := questions.searches.newest(search)) is not None and asked.found == found)
    assert (await node.says(utc_now())).searches == ()
    await checked_and_kept(hub, node)


async def checked_and_kept(hub: LivingHub, node: HandNode) -> None:
    """What the check of a camera found is kept once, however often the node says it."""
    assert hub.running is not None
    questions, checks = hub.running.fleet.questions, CameraChecks(hub.records)
    draft = CameraDraft(node.node, "Gate", "synthetic:", 40)
    camera = await asyncio.to_thread(Cameras(hub.records).add, hub.administrator, draft, TERMINAL)
    assert not isinstance(camera, Refusal), camera
    questions.check(node.node, camera.camera, 30, hub.administrator.staff)
    (wanted,) = (await node.says(utc_now())).checks
    figures = CheckFigures(seconds=30.0, clear=4)
    found = sign_finding(node.state.keys.signer, CheckFound(node.node, wanted.check, figures, done=True))
    for _ in range(2):
        await node.link.publish(finding_subject(node.node), found)
    await until(lambda: not questions.checks.wanted_of(node.node))
    kept = await asyncio.to_thread(checks.newest, hub.administrator, camera.camera)
    assert isinstance(kept, KeptCheck), kept
    assert (kept.check, kept.asked_by, kept.figures) == (wanted.check, hub.administrator.staff, figures)
    assert acts(hub, "CAMERA_CHECKED", "alteration") == 1
    assert (await node.says(utc_now())).checks == ()
    await looked_through(hub, node, camera.camera)


async def looked_through(hub: LivingHub, node: HandNode, camera: CameraId) -> None:
    """Who asks for a camera's picture over HTTPS gets the next that its node sends, and the look is in the log once."""
    picture, settings = b"\xff\xd8\xff blurred \xff\xd9", HubSettings()
    sessions = Sessions(hub.records, settings.idle_lock, settings.session_end)
    with hub.records.database.writing() as session:
        token = sessions.start(session, hub.administrator.staff, SignInMethod.PASSKEY, TERMINAL, instead_of="")
    trusting = client_context(authority_of(hub.records).pem)
    async with httpx.AsyncClient(base_url=hub.address, verify=trusting, cookies={COOKIE: token}, timeout=60) as browser:

        async def shown() -> httpx.Response:
            while (answer := await browser.get(f"/api/v1/cameras/{camera}/picture")).status_code == 503:
                assert answer.json()["code"] == "no_picture"
            return answer

        looking = asyncio.create_task(shown())
        while not looking.done():
            if [each.camera for each in (await node.says(utc_now())).previews] == [camera]:
                for sent in (b"no picture", picture):
                    await node.link.publish(preview_subject(node.node, camera), sent)
            await asyncio.sleep(0.05)
        answer = looking.result()
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, "image/jpeg", picture)
    assert acts(hub, "VIEW_CAMERA", "consultation") == 1


async def receipt_asked_for(hub: LivingHub, node: HandNode, plan: ArmedPlan) -> None:
    """A list whose last piece went out is owed a receipt, asked for while the node does not say that it holds it."""
    wanted = BundleWanted(node.node, plan.deployment, plan.watchlist_hash)
    signer = node.state.keys.signer
    answer = await node.link.request(bundle_subject(node.node), sign_bundle_wanted(signer, wanted), 60)
    piece = read_piece(answer)
    assert (piece.refusal, len(piece.content)) == ("", piece.total)
    watchlist = read_manifest(piece.content, node.state.hub_key).identity.watchlist
    owed = (OwedReceipt(piece.bundle, watchlist),)
    while (await node.says(utc_now())).owed != owed:
        await asyncio.sleep(0.05)
    assert (await node.says(utc_now(), lists=(HeldList(watchlist, piece.bundle, 0),))).owed == ()
    receipt = sign_receipt(signer, DestructionReceipt(node.node, piece.bundle, watchlist, utc_now()))
    for _ in range(2):
        await node.link.request(receipt_subject(node.node), receipt.to_bytes(), 60)
    while (await node.says(utc_now())).owed:
        await asyncio.sleep(0.05)
    assert acts(hub, "DESTROY_WATCHLIST", "erasure") == 1


async def told_of_a_plan(node: HandNode, order: Order = Order.ANALYSE, **holding: object) -> Orders:
    """The orders as soon as there is this plan in them; the hub takes a moment to see what other programs have done."""
    while True:
        orders = await node.says(utc_now(), **holding)
        if [read_plan(each.encode(), node.state.hub_key).order for each in orders.plans] == [order]:
            return orders
        await asyncio.sleep(0.05)


def test_a_revoked_node_is_thrown_off_the_bus_and_its_alerts_are_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            rehearsal, state = await lived(hub, tmp_path)
            async with hand_node(state) as node:
                await told_of_a_plan(node)
                late = seal_alert(raised_in(rehearsal, node.node), PICTURES, state.keys.signer, state.hub_exchange_key)
                assert hub.running is not None
                nudges: list[bytes] = []

                async def on_nudge(message: Msg) -> None:
                    nudges.append(message.data)

                await node.link.subscribe(f"olfr.nudge.{node.node}", on_nudge)
                revoked = await asyncio.to_thread(
                    hub.running.nodes.revoke, hub.administrator, node.node, "Stolen.", TERMINAL
                )
                assert not isinstance(revoked, Refusal)
                await until(lambda: not node.link.connected)
                last_word = read_dismissal(nudges[-1], state.hub_key)
                assert (last_word.hub, last_word.node) == (state.enrolment.hub, node.node)
                with pytest.raises(LinkLostError):
                    await node.says(utc_now())
                # As if it had been on its way: whoever holds the bus may put it there, and it is refused all the same.
                await hub.put(alerts_subject(node.node), late)
                await until(lambda: acts(hub, "RAISE_ALERT", "none") == 1)
                assert rehearsal.alerts() == []

    run(story)


def test_a_forged_alert_is_recorded_taken_off_and_holds_up_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            rehearsal, state = await lived(hub, tmp_path)
            async with hand_node(state) as node:
                raised = raised_in(rehearsal, node.node)
                forger = SigningKey(b"\x66" * 32)
                await hub.put(alerts_subject(node.node), seal_alert(raised, PICTURES, forger, state.hub_exchange_key))
                await hub.put(alerts_subject(node.node), b"no alert at all")
                await node.raises(raised)
                await node.raises(raised, "the same again under another number")
                other = raised_in(rehearsal, node.node)
                await node.raises(replace(other, score=0.1))
                await node.raises(other, "the true one")
                await until(lambda: len(rehearsal.alerts()) == 2)
                assert set(rehearsal.alerts()) == {raised.alert, other.alert}
                assert acts(hub, "RAISE_ALERT", "none") == 3
                assert acts(hub, "RAISE_ALERT", "collection") == 2

    run(story)


def test_two_programs_with_one_nodes_keys_are_both_refused_and_people_are_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            _, state = await lived(hub, tmp_path)
            async with hand_node(state, "true") as node, hand_node(state, "stolen") as twin:
                await told_of_a_plan(node)
                for each in (twin, node) * 3:
                    orders = await each.says(utc_now())
                assert (orders.plans, orders.check_ins, orders.settings) == ((), (), "")
                await until(lambda: hub.news(node.node).hello.complaint.startswith("Two programs run with this node's"))
                for each in (node, twin):
                    assert (await each.says(utc_now())).plans == ()
                assert acts(hub, "NODE_DOUBLED", "none") == 1

    run(story)


def test_what_a_node_counts_is_kept_over_its_restarts_and_the_end_of_the_hub(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            rehearsal, state = await lived(hub, tmp_path)

            def tally(faces: int) -> Tally:
                return Tally(rehearsal.deployment, "passages-1", faces, faces, faces, 0, 0, faces, faces, 0)

            async with hand_node(state, "first") as node:
                await told_of_a_plan(node)
                await node.says(utc_now(), tallies=(tally(40),))
            async with hand_node(state, "second") as node:
                await node.says(utc_now(), tallies=(tally(2),))
            await hub.stop()
            with hub.records.database.reading() as session:
                assert deployment_tally(session, rehearsal.deployment).faces_seen == 42
            await hub.start()

    run(story)


def test_a_camera_of_another_node_is_told_to_nobody_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            first, second = [await hub.enrolled(tmp_path / name, name) for name in ("one", "two")]
            draft = CameraDraft(first.enrolment.node, "North End", "rtsp://u:w@10.0.0.7/", 32)
            await asyncio.to_thread(Cameras(hub.records).add, hub.administrator, draft, TERMINAL)
            async with hand_node(first) as one, hand_node(second) as two:
                orders = await one.says(utc_now())
                while not orders.settings:
                    orders = await one.says(utc_now())
                assert b"10.0.0.7" not in orders.settings.encode()
                heard: list[bytes] = []

                async def nudged(message: Msg) -> None:
                    heard.append(message.data)

                await two.link.subscribe(nudge_subject(two.node), nudged)
                assert (await two.says(utc_now())).settings == ""
                hello = sign_hello(first.keys.signer, Hello(one.node, one.boot, 0, utc_now(), "test"))
                await one.link.client.publish(hello_subject(one.node), hello, reply=nudge_subject(two.node))
                for each in (one, two):  # by then the answer would have come
                    await each.says(utc_now())
                assert not any(heard)

    run(story)
