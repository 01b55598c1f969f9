"""OpenLFR: live facial recognition whose safeguards are its architecture.

Rooms, top to bottom: cli, node and records, enrolment, matching, then vision, policy, sealing and capture, which
import nothing of ours. See docs/decisions.md for where this departs from the plan of record, and why.
"""

from importlib.metadata import version

__version__ = version("openlfr")
