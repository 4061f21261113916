"""The services that Causeway brings along for one machine, and where every command finds them."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from audit.signing import Signer
from portal.engines import home, postgres, valkey

LOG_ORIGIN = "localhost/log"  # of a log on one machine; a city names its own
PACKAGE_SIGNER = "localhost/packages"
SECRETS = ("SECRET_KEY", "PSEUDONYM_SECRET")


def defaults(var: Path) -> dict[str, str]:
    """The settings of the services kept in `var`, computed without starting any of them."""
    var = Path(var).resolve()
    return {
        "DATABASE_URL": postgres.url(var, postgres.APP),
        "DATABASE_OWNER_URL": postgres.url(var, postgres.OWNER),
        "BROKER_URL": valkey.broker_url(var),
        "CACHE_URL": valkey.cache_url(var),
        "STORAGE_URL": f"file://{var / 'storage'}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DEMO": "1",
        "VAR": str(var),
        "LOG_ORIGIN": LOG_ORIGIN,
        "LOG_KEY_FILE": str(log_key(var / "log.key")),
        "PACKAGE_KEY_FILE": str(log_key(var / "package.key", PACKAGE_SIGNER)),
        **kept_secrets(var / "secrets.env"),
    }


def kept_secrets(path: Path) -> dict[str, str]:
    """The secrets of this folder, made once; where nothing can be written they last for this process only."""
    if not path.exists():
        lines = "".join(f"{name}={secrets.token_urlsafe(48)}\n" for name in SECRETS)
        with suppress(OSError):
            home.write_once(path, lines)
        if not path.exists():
            return _parse(lines)
    try:
        found = _parse(path.read_text())
    except PermissionError:
        raise home.CannotStart(f"{path} belongs to another account; start Causeway as that account.") from None
    for name in SECRETS:
        if name not in found:
            found[name] = secrets.token_urlsafe(48)
            with path.open("a") as file:
                file.write(f"{name}={found[name]}\n")
    return found


def log_key(path: Path, name: str = LOG_ORIGIN) -> Path:
    """The file of a key that signs here, this folder's log unless another name is given; made once."""
    if not path.exists():
        with suppress(OSError):
            home.write_once(path, f"{Signer.new(name)}\n")
    return path


def embedded(var: Path, environ=os.environ) -> set[str]:
    """Which of the services in `environ` are the ones kept in `var`, rather than somebody's own servers."""
    ours = defaults(var)
    return {name for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL") if environ.get(name, ours[name]) == ours[name]}


def _parse(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
