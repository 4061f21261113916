"""The platform's key for packages. It is not the log's: what signs files need not be able to sign history."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.signing import Signer, read_key
from audit.verify import ED25519, Key, Refused


def package_signer() -> Signer:
    """Who signs manifests; only workers need it."""
    if settings.PACKAGE_KEY:
        signer = Signer.parse(settings.PACKAGE_KEY)
    elif settings.PACKAGE_KEY_FILE:
        signer = read_key(settings.PACKAGE_KEY_FILE)
    else:
        raise ImproperlyConfigured("Packages have no signing key: set PACKAGE_KEY_FILE, see docs/operator.md.")
    if signer.key.name == settings.LOG_ORIGIN or signer.key.kind != ED25519:
        raise ImproperlyConfigured("Packages are signed with a key of their own: make it with `package_key new`.")
    return signer


def package_keys() -> list[Key]:
    """The verifier's halves, for recipients: those of PACKAGE_VKEYS, or that of the signing key; none where is none."""
    try:
        named = [Key.parse(vkey) for vkey in settings.PACKAGE_VKEYS]
    except Refused as reason:
        raise ImproperlyConfigured(f"PACKAGE_VKEYS: {reason}") from None
    if named or not (settings.PACKAGE_KEY or settings.PACKAGE_KEY_FILE):
        return named
    return [package_signer().key]
