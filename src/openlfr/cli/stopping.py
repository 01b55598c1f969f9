"""What asks a program to end in an orderly way."""

import signal
from typing import Final

STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stopping_signals() -> tuple[signal.Signals, ...]:
    """Ctrl-C, a service that is stopped, a terminal that is closed; the last not where `nohup` had it ignored."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(each for each in STOPS if each is not signal.SIGHUP or not ignored)
