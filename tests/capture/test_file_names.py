from hypothesis import given
from hypothesis import strategies as st

from openlfr.capture.file_names import natural_order, shown


@given(st.text())
def test_a_shown_name_prints_and_stays_as_it_is_when_shown_again(name: str) -> None:
    once = shown(name)
    assert once.isprintable()
    assert shown(once) == once
    if name.isprintable():
        assert once == name


def test_names_in_any_script_are_left_alone() -> None:
    assert shown("Zoë 王楠 محمد.jpg") == "Zoë 王楠 محمد.jpg"


def test_the_order_of_any_names_can_be_told() -> None:
    odd = ["", "7", "a", "a7", "7a", "²", "1²", "Ⅷ", "a\udce9", "٣"]
    assert len(sorted(odd, key=natural_order)) == len(odd)
