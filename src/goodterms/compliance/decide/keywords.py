"""What a message from a consumer asks: to stop a way of contact, or all contact.

Any reasonable means of saying so counts, so the words are looked for in the whole message. A word
that also has other meanings ("end", "cancel") counts alone or with what is to end; where it stays
unclear, a person must read the message.

Reference: 47 CFR 64.1200(a)(10); 12 CFR 1006.14(h), 1006.6(c)(1) and comment 6(c)(1)-1.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_MOST = 5000


class Asked(StrEnum):
    """What a message asks for.

    CHANNEL: the way it came by is to stop. CALL, SMS, EMAIL: that one is. EVERYTHING: all
    contact is to cease. UNCLEAR: it may ask so; a person must read it. NOTHING of the kind.
    """

    NOTHING = "nothing"
    UNCLEAR = "unclear"
    CHANNEL = "channel"
    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message asks for, and the words that say so; ``word`` is empty for NOTHING."""

    asked: Asked
    word: str = ""

    @property
    def stops(self) -> bool:
        """True when a way of contact, or all of it, must stop."""
        return self.asked not in (Asked.NOTHING, Asked.UNCLEAR)


# Said alone, perhaps politely, each of these stops the way the message came by.
_ALONE_WORDS: Final = (
    "stop|stopp|quit|end|revoke|opt out|optout|opt me out|cancel|unsubscribe|remove"
    "|remove me|no more|enough"
    "|alto|parar|pare|para|detener|detengase|cancelar|cancela|cancele|terminar|fin|basta|baja"
    "|darme de baja|dar de baja|revocar|revoco|no mas|desuscribir"
    "|koniec|rezygnuje|rezygnacja|wypisz|wypisz mnie|wypiszcie mnie|anuluj|cofam|cofam zgode"
    "|odwoluje|odwoluje zgode|zakoncz|przestan|przestancie|dosc|usun mnie|nie chce"
)
_ALONE: Final = frozenset(_ALONE_WORDS.split("|"))
# Polite or emphatic words beside them that change nothing.
_FILLING_WORDS: Final = (
    "please|pls|plz|now|thanks|thank|you|ok|hi|hello|sir|immediately|it|this|today|just|yes"
    "|por|favor|ya|gracias|ahora|hola|todo"
    "|prosze|dziekuje|natychmiast|teraz|juz|dzien|dobry|to|mi|mnie"
)
_FILLING: Final = frozenset(_FILLING_WORDS.split("|"))
_VERBS: Final = (
    r"(?:stop|quit|cease|end|revoke|cancel|unsubscribe|opt(?: me)? out|remove me|take me off"
    r"|do not|dont|never|no more|no longer|not to be"
    r"|dejen? de|deje de|no me|no mas|no quiero|cancelar|cancele|parar?|pare|detener|revoco"
    r"|nie|przestan(?:cie)?(?: do mnie)?|prosze nie|rezygnuje z|cofam zgode na|odwoluje zgode na"
    r"|zakoncz|koniec)"
)
_OBJECTS: Final = {
    Asked.EVERYTHING: (
     r"(?:(?:all )?(?:contact(?:ing|s)?(?: (?:me|us))?|communicat\w+|correspond\w+)"
     r"|bother(?:ing)? me|harass\w* me"
     r"|(?:me )?contact\w+|comunic\w+|molest\w+"
     r"|kontakt\w*|(?:sie )?(?:ze mna )?kontakt\w*|niepoko\w+|nekac|nekajcie)"),
    Asked.CALL: (
     r"(?:(?:all |any |your |the |these |those |me )*(?:phone )?"
     r"(?:call\w*|phon(?:e|ing)|ring(?:ing)?)"
     r"|llam\w+|telefon\w*|dzwon\w*)"),
    Asked.SMS: (
     r"(?:(?:all |any |your |the |these |those |me |sending |send )*"
     r"(?:text\w*|sms\w*|messag\w+)|mensajes?|textos?|esemes\w*|sms\w*|wiadomosci)"),
    Asked.EMAIL: (
     r"(?:(?:all |any |your |the |these |those |me |sending |send )*e ?mail\w*"
     r"|correos?|maile\w*|mejl\w*|e ?mail\w*)"),
    Asked.CHANNEL: (
     r"(?:writ(?:e|ing)|escrib\w+|pisz\w*|pisac|przysyl\w*|wysyl\w*"
     r"|(?:the )?consent|consentimiento|me from (?:your|the|this) list|(?:your|the|this) list)"),
}  # fmt: skip
_GAP: Final = (
    r"(?: (?:to|from|with|of|any|further|want|a|de|los|las|mis|sus|mas|do|mnie|mna|ze|juz|wiecej"
    r"|na)){0,3} "
)
_PHRASES: Final = tuple(
    (asked, re.compile(rf"\b{_VERBS}{_GAP}{words}\b")) for asked, words in _OBJECTS.items()
)
_AND_ALSO: Final = tuple(
    (asked, re.compile(rf" (?:and|or|nor|y|o|ni|i|lub|ani|oraz) {words}\b"))
    for asked, words in _OBJECTS.items()
)
_PLAIN: Final = (
    (Asked.EVERYTHING, re.compile(
        r"\b(?:leave me alone|cease and desist|no contact|stop ?all|stop everything"
        r"|dejen?me en paz|(?:zostawcie|zostaw|dajcie) mnie w spokoju|dajcie mi spokoj)\b"
    )),
    (Asked.CHANNEL, re.compile(
        r"\b(?:unsubscribe|opt(?:ing)?(?: me)? out|revoke (?:my )?consent|i revoke"
        r"|remove me|take me off|wrong number|numero equivocado|zly numer|pomylka)\b"
    )),
)  # fmt: skip
# These open a sentence with a wish to stop, or with something else entirely.
_PERHAPS: Final = re.compile(
    r"\b(?:stop|quit|end|revoke|cancel|opt|unsubscribe|cease|attorney|lawyer|alto|parar|cancelar"
    r"|baja|revoc\w+|abogado|rezygn\w+|anuluj\w*|cofam|odwol\w+|wypisz\w*|przestan\w*|zakoncz\w*"
    r"|prawnik\w*|adwokat\w*)\b"
)
_ENDING_STOP: Final = re.compile(r"^(?:stop|quit|unsubscribe|revoke|opt ?out)\b")


def read_message(text: str) -> Reading:
    """Read what a message asks for.

    English, Spanish and Polish are read, in any spelling of case and accents.
    """
    plain = _plain(text[:_MOST])
    if not plain:
        return Reading(Asked.NOTHING)
    core = " ".join(word for word in plain.split() if word not in _FILLING)
    for said in (plain, core):
        if said in _ALONE:
            return Reading(Asked.CHANNEL, said)
    found = [
        (asked, match)
        for asked, pattern in (*_PLAIN[:1], *_PHRASES, *_PLAIN[1:])
        if (match := pattern.search(plain))
    ]
    if found:
        ways = [asked for asked, _ in found]
        ways += [
            asked
            for _, match in found
            for asked, pattern in _AND_ALSO
            if pattern.match(plain, match.end())
        ]
        return Reading(_widest(ways), found[0][1].group())
    begun = _ENDING_STOP.search(plain)
    if begun and "?" not in text:
        return Reading(Asked.CHANNEL, begun.group())
    perhaps = _PERHAPS.search(plain)
    return Reading(Asked.UNCLEAR, perhaps.group()) if perhaps else Reading(Asked.NOTHING)


def _widest(found: list[Asked]) -> Asked:
    """Return what covers all that is asked: two ways at once are more than either."""
    if Asked.EVERYTHING in found:
        return Asked.EVERYTHING
    ways = list(dict.fromkeys(one for one in found if one is not Asked.CHANNEL))
    if len(ways) > 1:
        return Asked.EVERYTHING
    return ways[0] if ways else Asked.CHANNEL


def _plain(text: str) -> str:
    """Return the words alone: small letters, no accents, nothing but letters and digits."""
    folded = (
        text.casefold()
        .replace("ł", "l")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
        .replace("'", "")
    )
    spread = unicodedata.normalize("NFKD", folded)
    bare = "".join(one for one in spread if not unicodedata.combining(one))
    return " ".join(re.findall(r"[a-z0-9]+", bare))
