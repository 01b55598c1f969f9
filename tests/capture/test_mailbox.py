import threading

from hypothesis import given
from hypothesis import strategies as st
from tests.support.cameras import wait_until

from openlfr.capture.mailbox import Mailbox

_steps = st.lists(st.sampled_from(["put", "take", "close"]), max_size=40)


@given(_steps)
def test_whoever_takes_gets_the_newest_and_everything_is_accounted_for(steps: list[str]) -> None:
    mailbox: Mailbox[int] = Mailbox()
    newest: int | None = None
    closed = False
    put = taken = lost = 0
    for number, step in enumerate(steps):
        if step == "put":
            put += 1
            overwritten = mailbox.put(number)
            assert overwritten is (closed or newest is not None)
            lost += overwritten
            newest = None if closed else number
        elif step == "take":
            got = mailbox.take()
            assert got == newest
            taken += got is not None
            newest = None
        else:
            lost += mailbox.close()
            closed, newest = True, None
        assert mailbox.is_empty is (newest is None)
        assert put == taken + lost + (newest is not None)


def test_a_producer_that_waits_loses_nothing() -> None:
    mailbox: Mailbox[int] = Mailbox()
    lost: list[int] = []

    def produce() -> None:
        for number in range(100):
            mailbox.wait_until_empty()
            if mailbox.put(number):
                lost.append(number)

    producer = threading.Thread(target=produce)
    producer.start()
    got: list[int] = []

    def take_one() -> bool:
        item = mailbox.take()
        if item is not None:
            got.append(item)
        return len(got) == 100

    wait_until(take_one, at_most_s=60)
    producer.join()
    assert got == list(range(100))
    assert lost == []


def test_closing_wakes_a_producer_that_waits() -> None:
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    answers: list[bool] = []
    producer = threading.Thread(target=lambda: answers.append(mailbox.wait_until_empty()))
    producer.start()
    mailbox.close()
    producer.join(10)
    assert answers == [False]
