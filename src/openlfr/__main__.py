"""`python -m openlfr` is the command `openlfr`."""

from openlfr.cli.app import main

main()
