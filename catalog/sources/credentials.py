"""What opens a source: the password or the key that a steward stated, sealed for this source and this place alone."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.models import Source
from catalog.sources import keys, vault


def keep(source: Source, stated: dict[str, Any], *, before: str, moved: bool) -> list[str]:
    """Seals what was stated on the unsaved source; the names of what changed.

    Without a word what there is stays, while the source signs in as it did `before`, and leads where it led. A key that
    was made here stays wherever it leads: a server learns nothing from it that opens another one.
    """
    stays = bool(source.secret) and source.sign_in == before
    if source.sign_in == Source.SignIn.MADE:
        return [] if stays else make_key(source)
    if source.sign_in == Source.SignIn.OWN:
        return _take_key(source, stated.get("private_key") or "", stated.get("passphrase") or "", stays, moved)
    return _take_password(source, stated.get("password") or "", stays, moved)


def make_key(source: Source) -> list[str]:
    """A new pair of keys takes the place of what opened the source."""
    return _hold(source, keys.make(_name(source)))


def _take_key(source: Source, text: str, passphrase: str, stays: bool, moved: bool) -> list[str]:
    if text:
        return _hold(source, keys.read(text, passphrase, _name(source)))
    if not stays:
        raise ValidationError({"private_key": _("Paste the private key.")})
    if moved:
        raise ValidationError({"private_key": _("Paste the private key again: the source leads elsewhere now.")})
    return []


def _take_password(source: Source, password: str, stays: bool, moved: bool) -> list[str]:
    if not password and stays:
        if moved:
            raise ValidationError({"password": _("Enter the password again: the source leads elsewhere now.")})
        return []
    if not password and source.kind == Source.Kind.SFTP:
        raise ValidationError({"password": _("Enter the password.")})
    source.secret, source.public_key = vault.seal(source, password), ""
    return ["password"] if password else []


def _hold(source: Source, pair: keys.Pair) -> list[str]:
    source.secret, source.public_key = vault.seal(source, pair.private), pair.public
    return ["key"]


def _name(source: Source) -> str:
    return f"causeway-{source.dataset.department.code}"
