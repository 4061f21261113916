"""Who acts: a person, a person through a key, a service of ours, or the public."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Actor:
    """The `by` of every action: the account, the key it came with, or the service; and the request."""

    user: Any = None
    key: Any = None
    service: str = ""
    request_id: str = ""

    @property
    def kind(self) -> str:
        """One of key, person, service, public."""
        if self.key is not None:
            return "key"
        if self.user is not None:
            return "person"
        return "service" if self.service else "public"

    @property
    def user_id(self):
        """The account's identifier, or None."""
        return self.user.pk if self.user is not None else None


PUBLIC = Actor()


def service(name: str) -> Actor:
    """A part of the system that works by itself, by its name."""
    return Actor(service=name)
