"""Makes codes of people and enterprises that are well formed and belong to nobody.

Check digits follow GB 11643 (people), GB 32100 and GB 11714 (enterprises). Area codes begin with 99, which no place
has ever had: a checker that knows the places refuses every one of them.
"""

import datetime

PERSON_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PERSON_CHECKS = "10X98765432"
ENTERPRISE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def person_code(area: str, born: datetime.date, serial: int) -> str:
    """Eighteen characters: area, birth date, a serial (odd for men), check digit."""
    body = f"{area}{born:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, PERSON_WEIGHTS, strict=True))
    return body + PERSON_CHECKS[total % 11]


def enterprise_code(area: str, number: int) -> str:
    """Eighteen characters: enterprise under the market office, area, organisation with its own check, check."""
    body = "91" + area + _organisation_code(f"MA{number:06d}")
    total = sum(ENTERPRISE_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + ENTERPRISE_ALPHABET[-total % 31]


def _organisation_code(body: str) -> str:
    pairs = zip(body, ORGANISATION_WEIGHTS, strict=True)
    rest = -sum(ORGANISATION_ALPHABET.index(character) * weight for character, weight in pairs) % 11
    return body + ("X" if rest == 10 else str(rest))
