"""Makes the key that signs packages, and shows what recipients are to know of it."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.signing import Signer, write_key
from sharing.packages.signing import package_keys


class Command(BaseCommand):
    help = "`new FILE` makes a key for PACKAGE_SIGNER in a file of mode 0600; `show` prints the verifier keys in use."

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["new", "show"])
        parser.add_argument("file", nargs="?", help="where the new key is kept")

    def handle(self, *, what: str, file: str | None, **_):
        if what == "show":
            self.stdout.write("".join(f"{key}\n" for key in package_keys()), ending="")
            return
        if not file:
            raise CommandError("Say where the key is to be kept: manage.py package_key new FILE")
        signer = Signer.new(settings.PACKAGE_SIGNER)
        try:
            write_key(signer, file)
        except FileExistsError:
            raise CommandError(f"{file} is there already: a key is never overwritten. Name another file.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Kept in {file}. Give this to those who receive packages:\n{signer.key}")
