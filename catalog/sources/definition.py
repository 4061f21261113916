"""What a steward states of a source, by kind, and what is wrong with it."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.models import Source

# Whoever changes one of these leads the password elsewhere, and must know it.
WHERE = ("kind", "host", "port", "database", "username", "tls")
FIELDS = (*WHERE, "sign_in", "what", "watermark", "taking", "schedule", "at", "confirm")
OF_KIND = {
    Source.Kind.POSTGRESQL: ("host", "port", "database", "username", "password", "tls", "what", "watermark", "taking"),
    Source.Kind.MYSQL: ("host", "port", "database", "username", "password", "tls", "what", "watermark", "taking"),
    Source.Kind.HTTPS: ("what", "username", "password"),
    Source.Kind.SFTP: (
        "host", "port", "username", "sign_in", "password", "private_key", "passphrase", "what",
    ),
    Source.Kind.FOLDER: ("what",),
}  # fmt: skip
NEEDED = {
    Source.Kind.POSTGRESQL: ("host", "database", "username", "what"),
    Source.Kind.MYSQL: ("host", "database", "username", "what"),
    Source.Kind.HTTPS: ("what",),
    Source.Kind.SFTP: ("host", "username", "what"),
    Source.Kind.FOLDER: ("what",),
}
COMMON = ("schedule", "at", "confirm")
MOST_PORT = 65_535


def check_definition(source: Source) -> None:
    """The unsaved source states what its kind needs and nothing that its kind does not have."""
    if source.kind not in Source.Kind.values:
        raise ValidationError({"kind": _("Choose one of the kinds: %(kinds)s.") % {"kinds": ", ".join(Source.Kind)}})
    _blank_others(source)
    wrong = {name: [_("This is needed.")] for name in NEEDED[source.kind] if not getattr(source, name)}
    if source.kind == Source.Kind.HTTPS and not wrong:
        _place_of_address(source)
    if source.port and source.port > MOST_PORT:
        wrong["port"] = [_("A port lies between 1 and 65535.")]
    if any(not part.isprintable() for part in (source.host, source.what, source.database)):
        wrong["what"] = [_("Leave out characters that cannot be seen.")]
    if source.taking != Source.Taking.WHOLE and not source.watermark:
        wrong["watermark"] = [_("State the column that grows: only by it are new rows told from old ones.")]
    if wrong:
        raise ValidationError(wrong)


def _blank_others(source: Source) -> None:
    """What another kind has is empty; what opens it is none of the stated fields."""
    blank = {"port": None, "tls": True, "taking": Source.Taking.WHOLE, "sign_in": Source.SignIn.PASSWORD}
    for name in ("host", "port", "database", "username", "tls", "sign_in", "watermark", "taking"):
        if name not in OF_KIND[source.kind]:
            setattr(source, name, blank.get(name, ""))


def _place_of_address(source: Source) -> None:
    """The host of an address stands beside it, so that a password is never led elsewhere unnoticed."""
    try:
        parts = urlsplit(source.what)
        source.host, source.port = parts.hostname or "", parts.port
    except ValueError:
        source.host = ""
    if not source.host or parts.scheme != "https" or parts.username is not None or parts.fragment:
        raise ValidationError({"what": _("Enter an address of the kind https://server/path, without a login in it.")})
