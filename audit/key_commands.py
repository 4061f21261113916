"""The shape of commands that make a signing key and show what the world is to know of it."""

from collections.abc import Iterable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.signing import Signer, write_key


class KeyCommand(BaseCommand):
    """`new FILE` makes a key in a file that is never overwritten; `show` prints the verifier keys in use."""

    name = ""
    signer = ""  # the setting that says in whose name it signs
    known_by = ""

    def keys(self) -> Iterable:
        """The verifier keys in use."""
        raise NotImplementedError

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["new", "show"])
        parser.add_argument("file", nargs="?", help="where the new key is kept")

    def handle(self, *, what: str, file: str | None, **_):
        if what == "show":
            self.stdout.write("".join(f"{key}\n" for key in self.keys()), ending="")
            return
        if not file:
            raise CommandError(f"Say where the key is to be kept: manage.py {self.name} new FILE")
        signer = Signer.new(getattr(settings, self.signer))
        try:
            write_key(signer, file)
        except FileExistsError:
            raise CommandError(f"{file} is there already: a key is never overwritten. Name another file.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Kept in {file}. Give this to {self.known_by}:\n{signer.key}")
