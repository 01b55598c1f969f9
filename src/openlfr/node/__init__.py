"""The program at the cameras: the pipeline from frame to alert, its privacy ledger and its supervisor.

Faces live here and only in memory. Never imports records or hub, and has no database."""
