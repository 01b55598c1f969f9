"""What people see of a running rehearsal: a live table in a terminal, objects in a line each for programs."""

import json
from collections import deque
from pathlib import Path
from typing import IO

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from openlfr.capture.camera import CameraState
from openlfr.capture.file_names import shown
from openlfr.node.alert import Alert
from openlfr.node.analyst import FACES_SEEN_METHOD
from openlfr.node.node import StationStatus
from openlfr.node.rehearsal import NOTICE, Summary

ALERTS_SHOWN = 12

_STATE_STYLES = {
    CameraState.LIVE: "green",
    CameraState.CONNECTING: "yellow",
    CameraState.RECONNECTING: "yellow",
    CameraState.ENDED: "dim",
    CameraState.FAILED: "bold red",
}


class AlertLog:
    """The last alerts, with the file each picture is in. Bounded; holds no picture itself."""

    def __init__(self) -> None:
        self._rows: deque[tuple[Alert, Path | None]] = deque(maxlen=ALERTS_SHOWN)

    def add(self, alert: Alert, saved_as: Path | None) -> None:
        self._rows.appendleft((alert, saved_as))

    def table(self) -> Table:
        """Two lines an alert, so that whole names fit in 80 columns."""
        table = _table("Alerts")
        table.add_column("time\nlatency", no_wrap=True)
        table.add_column("who it may be\ncamera", overflow="fold")
        table.add_column("score, threshold\nsecond opinion", no_wrap=True)
        table.add_column("candidate\nprobe", overflow="fold")
        for alert, saved_as in list(self._rows):
            second = "none" if alert.second_score is None else f"{alert.second_score:.3f}"
            table.add_row(
                f"{alert.captured_at.astimezone():%H:%M:%S}\n{alert.latency_ms:.0f} ms",
                Text.assemble((shown(alert.person_id), "bold"), "\n", shown(alert.camera)),
                f"{alert.score:.3f}, {alert.threshold:.3f}\n{second}",
                Text(f"{shown(alert.candidate_picture)}\n{'not kept' if saved_as is None else shown(saved_as.name)}"),
            )
        if not self._rows:
            table.add_row("", Text("none so far", style="dim"), "", "")
        return table


def live_view(status: tuple[StationStatus, ...], alerts: AlertLog) -> Group:
    """Cameras above, alerts below."""
    table = _table("Cameras")
    table.add_column("camera", overflow="fold")
    table.add_column("state", no_wrap=True)
    for heading in ("frames/s", "analysed/s", "dropped", "faces seen"):
        table.add_column(heading, justify="right", no_wrap=True)
    notes: list[Text] = []
    for station in status:
        table.add_row(
            Text(shown(station.name)),
            Text(station.state.value, style=_STATE_STYLES[station.state]),
            f"{station.decoded_per_s:.1f}",
            f"{station.analysed_per_s:.1f}",
            str(station.dropped),
            str(station.counts.faces_seen),
        )
        if note := station.reason or ", ".join(station.issues):
            notes.append(Text(f"{shown(station.name)}: {shown(note)}", style=_STATE_STYLES[station.state]))
    return Group(Panel(Text(NOTICE, style="bold yellow")), table, *notes, "", alerts.table())


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun: `1 person`, `2 people`."""
    return f"{count:,} {one if count == 1 else many}"


def print_summary(console: Console, summary: Summary, enrolled: int, not_enrolled: int) -> None:
    """The figures at the end, in words."""
    ledger, latency = summary.ledger, summary.latency_ms
    table = Table(title="Summary of the rehearsal", title_justify="left", show_header=False)
    table.add_row("enrolled pictures", f"{enrolled} ({not_enrolled} could not be used)")
    table.add_row(
        "frames",
        f"{summary.frames_decoded} decoded, {summary.frames_analysed} analysed, {summary.frames_dropped} dropped",
    )
    table.add_row("faces seen", f"{summary.faces_seen} (and {summary.failures_to_acquire} that could not be assessed)")
    held_back = f" ({summary.suppressed} more held back: same person, just alerted)" if summary.suppressed else ""
    table.add_row("alerts", f"{summary.alerts}{held_back}")
    if latency.p50 is not None:
        table.add_row(
            "capture to alert", f"median {latency.p50:.0f} ms, p95 {latency.p95:.0f} ms, longest {latency.max:.0f} ms"
        )
    kept = "balanced: nothing else is held" if ledger.balanced else f"NOT balanced: {ledger.held} still held"
    table.add_row(
        "privacy ledger",
        f"{ledger.created} templates made = {ledger.destroyed} destroyed + {ledger.in_alerts} in alerts ({kept})",
    )
    table.add_row("time", f"{summary.seconds:.1f} s")
    console.print(table)
    for station in (*summary.unusable, *summary.lost):
        console.print(Text(f"Camera {shown(station.name)}: {shown(station.reason)}", style="bold red"))


def alert_line(alert: Alert) -> dict[str, object]:
    """An alert as one object for programs; it carries no picture and no template."""
    return {
        "type": "alert",
        "alert_id": alert.alert_id,
        "person_id": alert.person_id,
        "candidate_picture": alert.candidate_picture,
        "score": round(alert.score, 4),
        "first_score": round(alert.first_score, 4),
        "second_score": None if alert.second_score is None else round(alert.second_score, 4),
        "threshold": round(alert.threshold, 4),
        "camera": alert.camera,
        "captured_at": alert.captured_at.isoformat(),
        "latency_ms": round(alert.latency_ms, 1),
        "track_id": alert.track_id,
        "shots": alert.shots,
        "quality": round(alert.quality, 1),
        "model_pack": alert.model_pack,
        "precision": alert.precision,
        "rehearsal": True,
    }


def summary_line(summary: Summary, enrolled: int, not_enrolled: int) -> dict[str, object]:
    """The figures at the end as one object for programs."""
    latency = summary.latency_ms
    return {
        "type": "summary",
        "frames_decoded": summary.frames_decoded,
        "frames_analysed": summary.frames_analysed,
        "frames_dropped": summary.frames_dropped,
        "faces_seen": summary.faces_seen,
        "faces_seen_method": FACES_SEEN_METHOD,
        "failures_to_acquire": summary.failures_to_acquire,
        "templates_created": summary.ledger.created,
        "templates_destroyed": summary.ledger.destroyed,
        "templates_in_alerts": summary.ledger.in_alerts,
        "alerts": summary.alerts,
        "enrolled": enrolled,
        "not_enrolled": not_enrolled,
        "latency_ms": {
            name: None if value is None else round(value, 1)
            for name, value in (("p50", latency.p50), ("p95", latency.p95), ("max", latency.max))
        },
        "seconds": round(summary.seconds, 2),
        "cameras": [{"name": s.name, "state": s.state.value, "reason": s.reason} for s in summary.stations],
        "rehearsal": True,
    }


def write_line(stream: IO[str], line: dict[str, object]) -> None:
    """One object a line, at once, so that a reader sees it when it happens."""
    stream.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
    stream.flush()
