"""The places, names and creditors that invented portfolios are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town with its area codes and ZIP codes; ``weight`` is its share of the people."""

    city: str
    region: str
    zone: str
    area_codes: tuple[str, ...]
    zips: tuple[str, ...]
    weight: int = 2


def _place(line: str) -> Place:
    city, region, zone, area_codes, zips, weight = (part.strip() for part in line.split("|"))
    return Place(city, region, zone, tuple(area_codes.split()), tuple(zips.split()), int(weight))


_EAST, _MIDDLE, _MOUNTAIN, _WEST = (
    f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
)

# In each place, every area code and every ZIP code lies in the one zone.
PLACES = tuple(
    _place(line)
    for line in f"""\
New York         | NY | {_EAST}             | 212 646 917 | 10001 10025 10128 | 6
Philadelphia     | PA | {_EAST}             | 215 267     | 19103 19147       | 4
Boston           | MA | {_EAST}             | 617 857     | 02118 02127       | 4
Atlanta          | GA | {_EAST}             | 404 678 470 | 30308 30316       | 4
Miami            | FL | {_EAST}             | 305 786     | 33130 33145       | 4
Washington       | DC | {_EAST}             | 202         | 20001 20009       | 2
Cleveland        | OH | {_EAST}             | 216         | 44102 44113       | 2
Charlotte        | NC | {_EAST}             | 704 980     | 28202 28205       | 3
Chicago          | IL | {_MIDDLE}           | 312 773 872 | 60614 60622       | 6
Houston          | TX | {_MIDDLE}           | 713 281 832 | 77002 77007       | 5
Dallas           | TX | {_MIDDLE}           | 214 469 972 | 75201 75208       | 5
Saint Louis      | MO | {_MIDDLE}           | 314         | 63104 63110       | 2
Minneapolis      | MN | {_MIDDLE}           | 612         | 55403 55408       | 2
New Orleans      | LA | {_MIDDLE}           | 504         | 70115 70119       | 2
Nashville        | TN | {_MIDDLE}           | 615         | 37206 37209       | 2
Denver           | CO | {_MOUNTAIN}         | 303 720     | 80205 80211       | 5
Salt Lake City   | UT | {_MOUNTAIN}         | 801 385     | 84102 84105       | 3
Albuquerque      | NM | {_MOUNTAIN}         | 505         | 87104 87106       | 2
Phoenix          | AZ | America/Phoenix     | 602 480 623 | 85004 85016       | 5
Tucson           | AZ | America/Phoenix     | 520         | 85701 85719       | 2
Los Angeles      | CA | {_WEST}             | 213 323 310 | 90012 90026       | 6
San Francisco    | CA | {_WEST}             | 415 628     | 94110 94117       | 4
San Diego        | CA | {_WEST}             | 619 858     | 92101 92104       | 3
Seattle          | WA | {_WEST}             | 206         | 98103 98122       | 3
Portland         | OR | {_WEST}             | 503 971     | 97202 97214       | 3
Las Vegas        | NV | {_WEST}             | 702 725     | 89101 89104       | 3
Honolulu         | HI | Pacific/Honolulu    | 808         | 96813 96816       | 4
San Juan         | PR | America/Puerto_Rico | 787 939     | 00907 00926       | 4
Charlotte Amalie | VI | America/St_Thomas   | 340         | 00802             | 2
Hagatna          | GU | Pacific/Guam        | 671         | 96910 96913       | 4
Saipan           | MP | Pacific/Saipan      | 670         | 96950             | 2""".splitlines()
)

# US addresses abroad, with numbers that Germany keeps for fiction: awake when no US place is,
# from 11:00 to 12:00 UTC. The address names no zone, the number does.
# Reference: Bundesnetzagentur, Mitteilung 148/2021, numbers for the media: (0)30 23125 000-999.
FAR_PLACES = (Place("APO", "AE", "Europe/Berlin", ("+493023125",), ("09096", "09128")),)

# Here the area code leaves two zones open, so that the gate has to be careful.
WIDE_PLACES = (
    Place("Anchorage", "AK", "America/Anchorage", ("907",), ("99501", "99508")),
    Place("Boise", "ID", "America/Boise", ("208",), ("83702", "83706")),
)

_GIVEN = (
    "Ada Aldo Alma Amir Anika Arlo Astrid Bela Bruno Carla Cedric Chloe Dario Delia Dmitri Edda"
    " Elio Elsa Emeka Esme Fabio Farah Felix Fiona Gideon Greta Hana Hector Hugo Ida Imani Ines"
    " Iris Ivo Jana Jarek Jonas Juno Kaito Karim Lena Leo Lila Luca Maeve Malik Mara Mateo Mina"
    " Nadia Nico Noor Odile Omar Opal Otis Pablo Petra Quinn Rafael Rhea Rosa Ruben Sana Saul"
    " Selma Silas Sofia Stella Tariq Tess Theo Uma Vera Viktor Wanda Wren Xenia Yara Yusuf Zara"
    " Zeno"
)
GIVEN_NAMES = tuple(_GIVEN.split())

# Words put together, so that no family is meant.
_FIRST = "Alder Amber Birch Brook Cinder Clover Copper Dapple Elm Fallow Fern Flint Glen Hazel"
_SECOND = "acre bank brook crest dale field ford gate grove hollow mere ridge stead wick"
FAMILY_NAMES = tuple(
    (first + second).capitalize() for first in _FIRST.split() for second in _SECOND.split()
)
_STREETS = (
    "Juniper Street|Old Mill Road|Harbor Lane|Larkspur Avenue|Quarry Road|Sunset Terrace"
    "|Wharf Street|Meadow Court|Canal Street|Orchard Drive|Signal Hill Road|Chestnut Avenue"
)
STREETS = tuple(_STREETS.split("|"))


@dataclass(frozen=True, slots=True)
class SampleCreditor:
    """An invented firm, the range of its debts in dollars, and the fees it adds."""

    reference: str
    name: str
    spoken_name: str
    description: str
    lowest: int
    highest: int
    interest_percent: int = 0
    late_fee: str = ""
    service_fee: str = ""
    court_cost: str = ""


CREDITORS = (
    SampleCreditor(
        "MERIDIAN", "Meridian Valley Hospital", "Meridian Valley Hospital",
        "Emergency room visit", 120, 8200,
    ),
    SampleCreditor(
        "BRIGHTWATER", "Brightwater Power and Light", "Brightwater Power and Light",
        "Electricity account", 60, 900, late_fee="15.00",
    ),
    SampleCreditor(
        "SKYLARK", "Skylark Mobile Inc.", "Skylark Mobile",
        "Mobile plan and handset", 45, 1400, service_fee="20.00",
    ),
    SampleCreditor(
        "HOLLOWAY", "Holloway & Finch Department Stores", "Holloway and Finch",
        "Store card", 80, 3500, interest_percent=9, late_fee="29.00",
    ),
    SampleCreditor(
        "IRONWOOD", "Ironwood Fitness Clubs LLC", "Ironwood Fitness",
        "Club membership", 40, 600, service_fee="10.00",
    ),
    SampleCreditor(
        "CEDAR", "Cedar Harbor Bank", "Cedar Harbor Bank",
        "Credit card", 400, 14000, interest_percent=14, late_fee="35.00", court_cost="85.00",
    ),
    SampleCreditor(
        "LANTERN", "Lantern Home Security", "Lantern Home Security",
        "Alarm monitoring", 55, 1100, late_fee="12.00",
    ),
)  # fmt: skip

HEADER = (
    "creditor", "creditor_name", "creditor_spoken_name", "placement", "placed_on", "account",
    "consumer", "given_name", "family_name", "birth_date", "language", "street", "city", "state",
    "zip", "email", "phone_mobile", "phone_home", "phone_work", "currency", "principal",
    "interest", "late_fee", "service_fee", "court_cost", "description", "opened_on", "due_on",
    "hold", "hold_source", "opt_out", "consent_call",
)  # fmt: skip

HOLDS = (
    ("disputed", "Letter of the consumer: the amount is wrong"),
    ("cease", "Letter of the consumer: stop calling"),
    ("attorney", "Letter of representation"),
    ("bankruptcy", "Chapter 7 notice"),
    ("deceased", "Notice of the family"),
    ("hardship", "Call of the consumer: out of work"),
    ("fraud", "Identity theft report"),
    ("complaint", "Complaint to the creditor"),
    ("client", "The creditor reviews the account"),
)
OPT_OUTS = ("sms", "call", "email", "call;sms", "yes")
