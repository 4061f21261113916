"""Codes of the second step: the six digits of an authenticator app (RFC 6238), and recovery codes for its loss."""

import hashlib
import hmac
import re
import secrets
import time

import pyotp
import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

STEP = 30  # seconds that a code is shown
DRIFT = 1  # steps that a clock may be off, either way
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # without what looks alike: I L O U 0 1
LETTERS, GROUP = 16, 4


def new_secret() -> str:
    """160 random bits in base 32, as apps take them."""
    return pyotp.random_base32(32)


def present_step(now: float | None = None) -> int:
    """The number of the step that this moment is in."""
    return int(time.time() if now is None else now) // STEP


def code_of(secret: str, step: int) -> str:
    """The six digits that an app shows in this step."""
    return pyotp.TOTP(secret, interval=STEP).generate_otp(step)


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """The step whose code this is, among those near this moment; None where it is none of them."""
    if len(code) != 6 or not code.isascii():
        return None
    middle, found = present_step(now), None
    for step in range(middle - DRIFT, middle + DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step), code):
            found = step
    return found


def address_of(secret: str, email: str) -> str:
    """The `otpauth:` address that an app reads from the picture."""
    issuer = f"{settings.CITY_NAME_EN} Causeway"
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=issuer)


def picture_of(address: str) -> SafeString:
    """The address as a QR picture: black on white in any colour scheme, for that is what cameras read."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=False, title=_("QR picture for your authenticator app")
    )
    return mark_safe(drawn)  # noqa: S308 (drawn here from our own text; the title is escaped by the library)


def digits(typed: str) -> str:
    """What was typed without spaces and hyphens, in capitals."""
    return re.sub(r"[\s\-–·]", "", typed).upper()


def new_recovery_code() -> str:
    """A code that is good once: 78 random bits in four groups."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(LETTERS))
    return "-".join(letters[start : start + GROUP] for start in range(0, LETTERS, GROUP))


def digest_of(recovery_code: str) -> str:
    """SHA-256 of a recovery code, as kept: it is too random to be guessed back from a plain digest."""
    return hashlib.sha256(digits(recovery_code).encode()).hexdigest()
