"""Runs a witness of transparency logs, or makes a key for one."""

from datetime import UTC, datetime
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from audit.signing import Signer, read_key, write_key
from audit.verify import COSIGNATURE, Key, Refused
from audit.witness.memory import Memory
from audit.witness.server import Server
from audit.witness.witness import Witness


class Command(BaseCommand):
    """Needs no database of Causeway and none of its services: a department or an outsider runs it."""

    help = (
        "Runs a witness: it remembers the largest state of each log that it is given a key of, and cosigns "
        "(C2SP tlog-witness) what only adds to it. With --new-key NAME it makes a key instead and prints the "
        "line that the logs need. See docs/witness.md."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--key-file", action="append", required=True, help="the witness' key (mode 0600)")
        parser.add_argument("--new-key", metavar="NAME", help="make the key file, for a witness of this name")
        parser.add_argument("--show-key", action="store_true", help="print the verifier key, and end")
        parser.add_argument("--refused", action="store_true", help="print what this witness refused to sign, and end")
        parser.add_argument("--listen", default="127.0.0.1:8101", help="address and port (default %(default)s)")
        parser.add_argument("--database", default="witness.sqlite", help="its own file (default %(default)s)")
        parser.add_argument("--log", action="append", default=[], metavar="VKEY", help="verifier key of a log; repeat")

    def handle(self, *args, **options):
        try:
            self._handle(options)
        except (Refused, ImproperlyConfigured) as reason:
            raise CommandError(str(reason)) from None

    def _handle(self, options: dict) -> None:
        if options["new_key"]:
            self._make_key(options["new_key"], Path(options["key_file"][0]))
            return
        signers = [read_key(path) for path in options["key_file"]]
        for signer in signers:
            self.stdout.write(str(signer.key))
        if options["show_key"]:
            return
        memory = Memory(options["database"])
        if options["refused"]:
            self._show_refused(memory)
            return
        if not options["log"]:
            raise CommandError("Name the logs to witness: --log with the verifier key that the log publishes.")
        self.stdout.flush()
        Server(Witness(signers, map(Key.parse, options["log"]), memory), options["listen"]).run()

    def _make_key(self, name: str, path: Path) -> None:
        signer = Signer.new(name, COSIGNATURE)
        try:
            write_key(signer, path)
        except OSError as error:
            raise CommandError(f"The key file {path} was not made: {error.strerror}.") from None
        self.stdout.write(str(signer.key))

    def _show_refused(self, memory: Memory) -> None:
        for at, reason, shown, held in memory.refused():
            self.stdout.write(f"{datetime.fromtimestamp(at, UTC).isoformat()} {reason}")
            self.stdout.write(f"\nshown:\n\n{shown}\nheld:\n\n{held}\n")
