"""Makes the key that signs packages, and shows what recipients are to know of it."""

from audit.key_commands import KeyCommand
from sharing.packages.signing import package_keys


class Command(KeyCommand):
    help = "`new FILE` makes a key for PACKAGE_SIGNER in a file of mode 0600; `show` prints the verifier keys in use."
    name = "package_key"
    signer = "PACKAGE_SIGNER"
    known_by = "those who receive packages"

    def keys(self):
        return package_keys()
