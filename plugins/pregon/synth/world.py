"""What every process shares: the seed, the days, the departments and the pool of vendors."""

import random
from collections.abc import Iterator
from typing import Final

from pregon.synth.catalogue import CATEGORY_COUNT
from pregon.synth.days import HISTORY, Days, stream_seed, vendor_ranks
from pregon.synth.words import (
    CERTIFICATIONS,
    DEPARTMENTS,
    FIRM_FORMS,
    FIRM_ROOTS,
    FIRM_TRADES,
    GIVEN_NAMES,
    STREETS,
    SURNAMES,
    TOWNS,
)

Cell = str | int | float | None
Row = tuple[Cell, ...]

_VENDOR_STREAM: Final = 1
_INDIVIDUAL_SHARE: Final = 0.09
_NEWCOMER_SHARE: Final = 0.35
_SIZES: Final = ("MIC", "SML", "SML", "SML", "MED", "MED", "LRG", "")
_SETTLED: Final = -HISTORY - 60
"""Vendors that registered when the system was introduced did so before this day."""


def stream(seed: int, *keys: int) -> random.Random:
    """Own random stream of one entity: what it yields depends on nothing but the seed and the keys."""
    return random.Random(stream_seed(seed, *keys))  # noqa: S311 - demo data, no cryptography


def vendor_id(vendor: int) -> str:
    """Give the key of a vendor by its number."""
    return f"V{100000 + vendor}"


def vendor_number(key: str) -> int:
    """Give the number of a vendor by its key."""
    return int(key[1:]) - 100000


def person_name(pick: int) -> str:
    """Invent a person's name."""
    return f"{GIVEN_NAMES[pick % 32]} {SURNAMES[(pick // 32) % 32]}"


def staff_email(name: str) -> str:
    """Address of a city employee; never published."""
    return name.lower().replace(" ", ".").translate(_PLAIN) + "@staff.riverbend.example"


def phone(pick: int) -> str:
    """Invent a telephone number that rings nowhere: 555 is no area code."""
    return f"(555) 01{pick % 10}-{pick // 10 % 10000:04d}"


_PLAIN: Final = str.maketrans("áéíóúñÍ&", "aeiouni+", "'")


class World:
    """The city a process happens in. Vendor `v` belongs to category `v % 16`; low numbers win more often."""

    def __init__(self, seed: int, days: Days) -> None:
        self.seed = seed
        self.days = days
        self.registered: list[int] = []
        """Day of registration of each vendor made so far."""

    def vendor_count(self, processes: int) -> int:
        """How many vendors there are when `processes` processes have been made."""
        return vendor_ranks(processes) * CATEGORY_COUNT

    def make_vendors(self, first: int, end: int, today: int) -> Iterator[tuple[Row, list[Row]]]:
        """Yield vendors `first` to `end - 1`, in order and without gaps, each with its certifications."""
        for vendor in range(first, end):
            rng = stream(self.seed, _VENDOR_STREAM, vendor)
            registered = _registration_day(rng)
            if today > 0:
                registered = today - 1
            self.registered.append(registered)
            yield self._vendor(vendor, rng, registered, today)

    def remember_vendors(self, end: int) -> None:
        """Recall the registration days of the vendors written earlier."""
        for vendor in range(len(self.registered), end):
            self.registered.append(_registration_day(stream(self.seed, _VENDOR_STREAM, vendor)))

    def _vendor(self, vendor: int, rng: random.Random, registered: int, today: int) -> tuple[Row, list[Row]]:
        days = self.days
        key = vendor_id(vendor)
        category = vendor % CATEGORY_COUNT
        rank = vendor // CATEGORY_COUNT
        pick = rng.getrandbits(30)
        owner = person_name(rng.getrandbits(10))
        # Rank 0 to 3 of each category are the big firms that win often: companies, never a natural person.
        is_individual = rank > 3 and rng.random() < _INDIVIDUAL_SHARE
        root = FIRM_ROOTS[(rank * 7 + category * 3) % len(FIRM_ROOTS)]
        trade = FIRM_TRADES[category]
        if is_individual:
            # The number keeps two sole traders apart, as a second surname would.
            name = f"{owner} {SURNAMES[(pick >> 10) % 32]}"
            dba = f"{owner.split()[0]}'s {trade}" if pick & 1 else ""
            tax_id = f"000-{pick % 90 + 10}-{vendor % 10000:04d}"
            street = f"{pick % 8900 + 100} {STREETS[pick % 12]}, Apt {vendor}"
        else:
            name = f"{root} {trade} {FIRM_FORMS[(pick >> 4) % 8]}"
            if rank >= len(FIRM_ROOTS):
                name = f"{SURNAMES[rank // len(FIRM_ROOTS) % 32]} {name}"
            dba = f"{root} {trade}" if pick % 6 == 0 else " " if pick % 17 == 0 else ""
            tax_id = f"00-{1000000 + vendor * 13 % 8999999}"
            street = f"{pick % 8900 + 100} {STREETS[pick % 12]}"
        if pick % 23 == 0:
            name += "  "
        if pick % 31 == 0:
            name = name.upper()
        town = TOWNS[(pick >> 7) % 10] if rank else TOWNS[pick % 5]
        domain = f"v{vendor}.{'trader' if is_individual else 'firm'}.example"
        row: Row = (
            key, name, dba, tax_id, ("Y" if is_individual else "N" if pick % 60 else ""), street, *town, owner,
            f"office@{domain}" if pick % 9 else "", phone(pick >> 3), f"IBAN-RB{pick % 97:02d}-{vendor:08d}",
            "MIC" if is_individual else _SIZES[(pick >> 11) % 8], days.mixed(registered, pick),
            "ACTIVE" if pick % 20 else "Inactive", f"INTERNAL-ONLY-VENDOR-{vendor}" if pick % 4 == 0 else None,
            days.at(registered if pick % 3 else min(registered + pick % 900, today - 1), pick),
        )  # fmt: skip
        return row, list(self._certifications(vendor, rng, registered, today))

    def _certifications(self, vendor: int, rng: random.Random, registered: int, today: int) -> Iterator[Row]:
        days = self.days
        for number, (code, name) in enumerate(CERTIFICATIONS):
            if rng.random() < (0.22, 0.18, 0.10, 0.10, 0.05)[number]:
                pick = rng.getrandbits(20)
                issued = min(registered + pick % 300 - 30, today - 1)
                expires = issued + 365 * (1 + pick % 3) * (2 if pick % 5 else 1)
                status = "R" if pick % 29 == 0 else "E" if expires < today else "A"
                note = f"INTERNAL-ONLY-CERT-{vendor}-{number}" if pick % 3 == 0 else ""
                yield (
                    f"{code}-{vendor:05d}", vendor_id(vendor), code if pick % 7 else code.lower(), name,
                    days.mixed(issued, pick), "1900-01-01" if pick % 41 == 0 else days.mixed(expires, pick >> 3),
                    status, note,
                )  # fmt: skip


def _registration_day(rng: random.Random) -> int:
    """Day a vendor registered; the first number drawn from its stream."""
    draw = rng.random()
    if draw < _NEWCOMER_SHARE:
        return _SETTLED + int(draw / _NEWCOMER_SHARE * (HISTORY + 40))
    return _SETTLED - 30 - int(draw * 900)


def department_rows() -> Iterator[Row]:
    """List the departments of the city, each with its director's name and number (internal)."""
    for number, (code, name, name_es) in enumerate(DEPARTMENTS):
        director = person_name(number * 37 + 5)
        yield (
            code, name if number % 5 else name + " ", name_es, f"{100 + number} Levee Plaza", "Riverbend", "RB",
            "00601", f"{code.lower()}@riverbend.example", f"INTERNAL-ONLY-CC-{4000 + number}", director,
            phone(number * 7919 + 13), "Y",
        )  # fmt: skip
