"""One alert per person for a while, whichever camera saw them."""

from threading import Barrier, Thread

import pytest

from openlfr.matching.cooldown import CoolDown


def test_a_person_is_admitted_once_in_a_period() -> None:
    cool_down = CoolDown(60)
    assert cool_down.admit("anna", 100)
    assert not cool_down.admit("anna", 100)
    assert not cool_down.admit("anna", 159.9)
    assert cool_down.admit("anna", 160)


def test_people_cool_down_apart() -> None:
    cool_down = CoolDown(60)
    assert cool_down.admit("anna", 0)
    assert cool_down.admit("ben", 1)


def test_an_alert_that_was_refused_does_not_prolong_the_period() -> None:
    cool_down = CoolDown(60)
    cool_down.admit("anna", 0)
    assert not cool_down.admit("anna", 50)
    assert cool_down.admit("anna", 60)


def test_a_camera_that_reports_a_little_late_raises_no_second_alert() -> None:
    cool_down = CoolDown(60)
    assert cool_down.admit("anna", 100)
    assert not cool_down.admit("anna", 99.5)


def test_a_period_of_nought_admits_every_time() -> None:
    cool_down = CoolDown(0)
    assert cool_down.admit("anna", 5)
    assert cool_down.admit("anna", 5)


def test_a_negative_period_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cannot be negative \(-1 s\)"):
        CoolDown(-1)


def test_cameras_that_see_one_person_at_once_raise_one_alert() -> None:
    for _ in range(20):
        cool_down, start = CoolDown(60), Barrier(8)
        admitted: list[bool] = []

        def report(cool_down: CoolDown = cool_down, start: Barrier = start, admitted: list[bool] = admitted) -> None:
            start.wait()
            admitted.append(cool_down.admit("anna", 10))

        threads = [Thread(target=report) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(admitted) == [False] * 7 + [True]
