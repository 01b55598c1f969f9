"""`python -m openlfr` is the command `openlfr`, and so is the script that is installed.

Importing this costs nothing: a process that multiprocessing starts imports the main script again, and has no use for
the commands.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from openlfr.cli.app import main as run

        run()
    except KeyboardInterrupt:  # while it was still starting; the commands say for themselves how they end
        sys.exit(130)


if __name__ == "__main__":
    main()
