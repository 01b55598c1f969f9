"""A mailbox with one slot: whoever looks gets the newest, and nothing queues."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """One slot between a thread that puts and threads that take. Thread-safe.

    Every item put is either taken exactly once, overwritten by a later one, or still in the slot.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False

    def put(self, item: T) -> bool:
        """Leave `item`; whether one that nobody had taken was overwritten by it. A closed mailbox keeps nothing, and
        counts the item itself as lost."""
        with self._changed:
            if self._closed:
                return True
            overwritten = self._item is not None
            self._item = item
            return overwritten

    def take(self) -> T | None:
        """The item in the slot, which is then empty; None if it is empty already."""
        with self._changed:
            item, self._item = self._item, None
            if item is not None:
                self._changed.notify_all()
            return item

    @property
    def is_empty(self) -> bool:
        with self._changed:
            return self._item is None

    def wait_until_empty(self) -> bool:
        """Block until the slot is empty, for a source that may wait; False if the mailbox was closed instead."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is None or self._closed)
            return not self._closed

    def close(self) -> bool:
        """Empty the slot, refuse what comes later and wake whoever waits; whether an item was thrown away."""
        with self._changed:
            thrown_away = self._item is not None
            self._item = None
            self._closed = True
            self._changed.notify_all()
            return thrown_away
