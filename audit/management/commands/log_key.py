"""Makes the key that signs the log, and shows what the world is to know of it."""

from audit.key_commands import KeyCommand
from audit.signing import log_keys


class Command(KeyCommand):
    help = "`new FILE` makes a key for LOG_ORIGIN in a file of mode 0600; `show` prints the verifier keys in use."
    name = "log_key"
    signer = "LOG_ORIGIN"
    known_by = "auditors and witnesses"

    def keys(self):
        return log_keys()
