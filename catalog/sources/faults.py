"""What the errors of departments' databases mean, told by their codes in words of ours."""

import sqlalchemy as sa

from catalog.models import Source
from catalog.sources.errors import SourceError
from catalog.sources.mysql import PLAIN

# What libpq and PyMySQL answer where the server itself says nothing by a code.
NO_TLS = ("server does not support SSL", "certificate verify failed", "SSL error", "SSL is required", "[SSL")
LOGIN_STATES = ("28", "3D")  # invalid authorization, unknown database
LOGIN_NUMBERS = frozenset({"1044", "1045", "1049", "1129", "1130", "1698", "4151", "4163"})
REFUSED = ("password authentication", "no password supplied", "authentication", "Access denied", "does not exist")
UNKNOWN_LOGIN = frozenset({"2059", "1251", "1524"})
TOO_SLOW = frozenset({"57014", "1969", "3024", "1205"})
NO_RIGHT = frozenset({"42501", "1142", "1143", "1370"})
# The server went away, or somebody there ended the connection.
GONE = frozenset({"1053", "1077", "1079", "1080", "1152", "1317", "1927", "4031"})


def not_opened(error: sa.exc.DBAPIError, source: Source) -> SourceError:
    """Why there is no connection."""
    words, state = str(error.orig), _state(error)
    if PLAIN in words:
        return SourceError("source-needs-tls", host=source.host)
    if state in UNKNOWN_LOGIN:
        return SourceError("source-login-kind", host=source.host)
    if any(part in words for part in NO_TLS):
        return SourceError("source-no-tls", host=source.host)
    if state[:2] in LOGIN_STATES or state in LOGIN_NUMBERS or any(part in words for part in REFUSED):
        return SourceError("source-refused", host=source.host)
    return SourceError("source-unreachable", host=source.host)


def told(error: sa.exc.DBAPIError, source: Source) -> SourceError:
    """What went wrong once the connection stood."""
    state = _state(error)
    if state in TOO_SLOW or "timed out" in str(error.orig):
        return SourceError("source-slow", host=source.host)
    if state in NO_RIGHT:
        return SourceError("source-no-right", what=source.what)
    if not state or state in GONE or _of_driver(state) or (error.connection_invalidated and not state.isdigit()):
        return SourceError("source-broke-off", host=source.host)
    if len(state) == 5 and state[:2] in ("08", "57"):
        return SourceError("source-broke-off", host=source.host)
    return SourceError("source-query", host=source.host, state=state, what=source.what)


def _of_driver(state: str) -> bool:
    """MySQL's drivers number their own errors, those of a lost server among them, from 2000 to 2999."""
    return len(state) == 4 and state.startswith("2")


def _state(error: sa.exc.DBAPIError) -> str:
    """The SQLSTATE; of MySQL its number."""
    state = getattr(error.orig, "pgcode", None)
    numbered = error.orig.args[:1] if error.orig is not None else ()
    return state or next((str(number) for number in numbered if isinstance(number, int)), "")
