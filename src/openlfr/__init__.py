"""OpenLFR: live facial recognition whose safeguards are its architecture.

Rooms, top to bottom: cli, node and records, enrolment, matching, then vision, policy, sealing and capture, which
import nothing of ours. See docs/decisions.md for where this departs from the plan of record, and why.
"""

import os
import sys
from importlib.metadata import version

__version__ = version("openlfr")

# onnxruntime and OpenVINO report their use to Microsoft and to Google Analytics, each under a number that it leaves in
# the home folder, unless stopped before they are first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# OpenVINO goes without its reporter where that cannot be imported.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
