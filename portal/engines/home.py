"""Where the embedded services live on this machine, and as whom they run.

PostgreSQL refuses to run as root, so root hands the services to an account without rights. That account must
be able to reach the programs and the data: where a folder on the way is closed to it, both are kept elsewhere,
and nobody's folders are opened.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKETS = Path("/tmp")  # noqa: S108  (a socket's path must stay under 107 bytes; the owner is checked below)
ELSEWHERE = Path("/var/lib/causeway")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


class CannotStart(Exception):
    """Something the person must mend first; the message is one sentence that says what."""


def runs_as(data: Path) -> pwd.struct_passwd | None:
    """The account that runs a service for root: the owner of its data, at first `nobody`; None when not root."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def run(data: Path, *command: object, check: bool = False) -> subprocess.CompletedProcess:
    """Run one of the service's own programs, knowing nothing of the caller's environment."""
    who = runs_as(data)
    account = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
    null = subprocess.DEVNULL  # a pipe would stay open in the server that the program leaves behind
    return subprocess.run(
        [str(part) for part in command],
        check=check, cwd="/", env=ENVIRONMENT, stdin=null, stdout=null, stderr=null, umask=0o077, **account,
    )  # fmt: skip


def reachable(path: Path) -> bool:
    """May an account without rights walk down to this path? Asked only for root."""
    if os.geteuid() != 0:
        return True
    return all(folder.stat().st_mode & 1 for folder in Path(path).resolve().parents if folder.exists())


def state_folder(var: Path) -> Path:
    """The folder of the services' data: `var`, or one that `var/elsewhere` names where `var` is closed to them."""
    pointer = var / "elsewhere"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    if reachable(var / "data"):
        return var
    if any((var / name).exists() for name in ("postgres", "valkey")):
        raise CannotStart(
            f"The data in {var} belongs to the account that runs the services, and that account may no longer enter "
            "the folder: open the folders above it for passing through (chmod o+x), or move the checkout back."
        )
    make_folder(ELSEWHERE, mode=0o711)
    chosen = ELSEWHERE / secrets.token_hex(8)
    make_folder(chosen, mode=0o711)
    write_once(pointer, f"{chosen}\n")
    return Path(pointer.read_text().strip())


def forget(var: Path) -> None:
    """Remove what the stopped services of `var` kept, wherever it was."""
    if (var / "elsewhere").exists():
        shutil.rmtree(state_folder(var), ignore_errors=True)
    shutil.rmtree(socket_folder(var, "postgres").parent, ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)


def socket_folder(var: Path, service: str) -> Path:
    """The short folder of a service's socket, the same for every command that names the same `var`."""
    tag = hashlib.sha256(str(Path(var).resolve()).encode()).hexdigest()[:10]
    return SOCKETS / f"causeway-{tag}" / service


def make_socket_folder(var: Path, service: str, data: Path) -> Path:
    """Make the socket's folder, for its service alone; a folder that a stranger put there is refused."""
    folder = socket_folder(var, service)
    who = runs_as(data)
    ours = {0, os.geteuid(), who.pw_uid if who else os.geteuid()}
    make_folder(folder.parent, mode=0o711)
    for place in (folder.parent, folder):
        if place.is_symlink() or (place.exists() and place.stat().st_uid not in ours):
            raise CannotStart(f"{place} belongs to somebody else; remove it, or ask its owner to.")
    make_private(folder, who)
    return folder


def check_owner(data: Path) -> None:
    """Refuse data that another account made, before a service stumbles over it."""
    if os.geteuid() != 0 and data.exists() and data.stat().st_uid != os.geteuid():
        owner = data.stat().st_uid
        raise CannotStart(f"{data} belongs to another account (number {owner}); start Causeway as that account.")


def make_private(folder: Path, who: pwd.struct_passwd | None) -> None:
    """Make a folder that only the service's account may enter."""
    make_folder(folder, mode=0o700)
    try:
        if who and folder.stat().st_uid != who.pw_uid:
            os.chown(folder, who.pw_uid, who.pw_gid)
        folder.chmod(0o700)
    except PermissionError:
        raise CannotStart(f"{folder} belongs to another account; start Causeway as that account.") from None


def make_folder(folder: Path, *, mode: int = 0o755) -> None:
    """Make a folder with those above it, or say in one sentence why it cannot be."""
    if folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    except OSError as error:
        raise CannotStart(f"The folder {folder} cannot be made: {error.strerror}.") from None


def write_once(path: Path, text: str) -> None:
    """Write a private file whole, unless another process was first."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        if not path.exists():
            os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def within_reach(root: Path, parts: list[str], program: str) -> Path:
    """The program under `root`, or under a copy of `parts` where the account without rights can run it."""
    original = root / program
    if os.geteuid() != 0 or (reachable(original) and original.stat().st_mode & 0o005 == 0o005):
        return original
    stamp = hashlib.sha256(f"{original} {original.stat().st_mtime_ns} {original.stat().st_size}".encode()).hexdigest()
    copy = ELSEWHERE / f"programs-{stamp[:16]}"
    if not copy.exists():
        make_folder(ELSEWHERE, mode=0o711)
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in filter(lambda part: (root / part).exists(), parts):
            shutil.copytree(root / part, draft / part, symlinks=True, dirs_exist_ok=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        if copy.exists():
            shutil.rmtree(draft)
        else:
            draft.rename(copy)
    return copy / program


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock file: of several processes that start or stop the services, one at a time does."""
    make_folder(path.parent)
    try:
        file = path.open("a")
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wait_until(true: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Ask again and again, at most so long."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def in_use(folder: Path) -> bool:
    """Does a live process work in this folder? (A dead server that nobody reaped does not.)"""
    wanted = str(folder.resolve())
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == wanted:
                return True
        except OSError:
            continue
    return False
