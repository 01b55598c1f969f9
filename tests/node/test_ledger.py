import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.node.ledger import PrivacyLedger


@given(
    st.lists(st.tuples(st.sampled_from(["created", "destroyed", "carried_by_alert"]), st.integers(0, 5)), max_size=40)
)
def test_what_was_created_is_always_destroyed_carried_or_held(acts: list[tuple[str, int]]) -> None:
    ledger = PrivacyLedger()
    held = 0
    for act, count in acts:
        if act == "created":
            held += count
        elif count > held:
            with pytest.raises(RuntimeError, match="does not balance"):
                getattr(ledger, act)(count)
            continue
        else:
            held -= count
        getattr(ledger, act)(count)
        counts = ledger.counts()
        assert counts.held == held
        assert counts.created == counts.destroyed + counts.in_alerts + counts.held
        assert counts.balanced == (held == 0)


def test_counts_from_many_threads_are_not_lost() -> None:
    ledger = PrivacyLedger()

    def work() -> None:
        for _ in range(2000):
            ledger.created(2)
            ledger.destroyed(1)
            ledger.carried_by_alert(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = ledger.counts()
    assert (counts.created, counts.destroyed, counts.in_alerts) == (16000, 8000, 8000)
    assert counts.balanced
