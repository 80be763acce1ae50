"""What a consumer's message asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.compliance.decide.keywords import Asked, read_message

# The words the regulator names; each alone must stop the channel, whatever stands around it.
WORDS = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("STOP", "channel"),
        ("Stop!!!", "channel"),
        ("STOP please", "channel"),
        ("unsubscribe", "channel"),
        ("Opt-Out", "channel"),
        ("opt out", "channel"),
        ("cancel", "channel"),
        ("end", "channel"),
        ("Quit", "channel"),
        ("revoke", "channel"),
        ("STOP you people", "channel"),
        ("I revoke my consent", "channel"),
        ("Take me off your list", "channel"),
        ("You have the wrong number", "channel"),
        ("please stop texting me", "sms"),
        ("do not text", "sms"),
        ("Stop calling me", "call"),
        ("don\N{RIGHT SINGLE QUOTATION MARK}t call me anymore", "call"),
        ("no more calls", "call"),
        ("stop emailing me", "email"),
        ("do not contact me", "everything"),
        ("leave me alone", "everything"),
        ("STOP ALL", "everything"),
        ("STOPALL", "everything"),
        ("please stop calling and texting me", "everything"),
        ("Please cease all communication with me", "everything"),
        ("alto", "channel"),
        ("Cancelar por favor", "channel"),
        ("Darme de baja", "channel"),
        ("No me escriban", "channel"),
        ("No me llamen más", "call"),
        ("Deje de llamarme", "call"),
        ("Déjenme en paz", "everything"),
        ("No me contacten", "everything"),
        ("koniec", "channel"),
        ("Rezygnuję", "channel"),
        ("wypisz mnie", "channel"),
        ("Cofam zgodę", "channel"),
        ("Proszę już nie pisać", "channel"),
        ("Proszę do mnie nie dzwonić", "call"),
        ("Nie dzwońcie do mnie", "call"),
        ("Nie kontaktujcie się ze mną", "everything"),
        ("Dajcie mi spokój", "everything"),
        ("When does my plan end?", "unclear"),
        ("Can I cancel my payment?", "unclear"),
        ("I'll stop by the bank tomorrow", "unclear"),
        ("My attorney is Ann Roe", "unclear"),
        ("Stop? Who is this?", "unclear"),
        ("OK thanks", "nothing"),
        ("I can't pay, call me Friday", "nothing"),
        ("please call me", "nothing"),
        ("Did not get your call", "nothing"),
        ("Do not forget to text me the link", "nothing"),
        ("No me alcanza el dinero", "nothing"),
        ("Nie mam pieniędzy", "nothing"),
        ("", "nothing"),
        ("👍", "nothing"),
    ],
)
def test_a_message_is_read_as_a_person_would(text: str, asked: str) -> None:
    """A plain wish is a wish in three languages; a word that may mean it waits for a person."""
    assert read_message(text).asked == asked


@given(
    st.sampled_from(WORDS),
    st.sampled_from(["", " ", "\n", "!", "...", '"', " 🙏", " please", ", thank you"]),
    st.booleans(),
)
def test_the_regulators_words_always_stop(word: str, after: str, loud: bool) -> None:
    """Each of them alone stops the channel, loud or polite.

    Reference: 47 CFR 64.1200(a)(10).
    """
    reading = read_message((word.upper() if loud else word) + after)
    assert (reading.asked, reading.stops, reading.word) == (Asked.CHANNEL, True, word)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No message is too strange to be read, and what stops says by which words."""
    reading = read_message(text)
    assert bool(reading.word) is (reading.asked is not Asked.NOTHING)
