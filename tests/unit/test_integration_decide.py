"""When to try again, what an answer means, which addresses may be told, and cursors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.integration.decide import (
    check_kinds,
    check_url,
    delivered,
    gone,
    pause,
    read_cursor,
    write_cursor,
)
from goodterms.kit.errors import Refusal


def test_pauses_grow_and_end_at_eight_hours() -> None:
    """Each failed try waits longer, up to eight hours."""
    pauses = [pause(tries) for tries in range(1, 20)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=5), timedelta(hours=8))


@pytest.mark.parametrize(
    ("answer", "taken"), [(200, True), (204, True), (302, False), (410, False), ("down", False)]
)
def test_only_success_is_taken(answer: int | str, taken: bool) -> None:
    """Any 2xx is taken; a redirect, an error and silence are not."""
    assert delivered(answer) is taken
    assert gone(answer) is (answer == 410)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook?x=1",
        "http://127.0.0.1:9000",
        "http://10.1.2.3/hook",
        "http://localhost/hook",
        "http://ledger:8080/in",
        "http://[::1]:9/",
    ],
)
def test_https_and_the_own_network_may_be_told(url: str) -> None:
    """Https everywhere, http inside the own network."""
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://8.8.8.8/",
        "https://",
        "ftp://10.0.0.1/",
        "https://user@example.org/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://[",
        "",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    """Anything else is refused with the field."""
    with pytest.raises(Refusal) as caught:
        check_url(url)
    assert caught.value.field == "url"


def test_kinds_are_sorted_and_unique() -> None:
    """The same kind twice is one."""
    assert check_kinds(("hold.*", "*", "hold.*")) == ("*", "hold.*")
    for wrong in ((), ("Hold.placed",), ("hold",), ("hold.placed.now",)):
        with pytest.raises(Refusal):
            check_kinds(wrong)


@given(tx=st.integers(0, 10**19 - 1), event_id=st.integers(0, 10**18 - 1))
def test_cursor_reads_what_it_wrote(tx: int, event_id: int) -> None:
    """A cursor goes out and comes back as the same place."""
    assert read_cursor(write_cursor(tx, event_id)) == (tx, event_id)


@given(text=st.text(min_size=1))
def test_odd_cursors_are_refused(text: str) -> None:
    """A text that no page gave out is refused or a valid place, and never anything else."""
    found: tuple[int, int] | str | None
    try:
        found = read_cursor(text)
    except Refusal as refusal:
        found = refusal.field
    assert found == "after" or (isinstance(found, tuple) and min(found) >= 0)


def test_no_cursor_is_the_beginning() -> None:
    """Without a cursor the stream is read from its beginning."""
    assert read_cursor(None) == read_cursor("") == (0, 0)
