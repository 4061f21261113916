"""Programs that call the API, as one of the cast or as nobody."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from catalog.actions.keys import make_key
from tests import world

SCOPES = ("read", "write", "ask", "grant")


def caller(user=None, *scopes: str, datasets=()) -> Client:
    """A client that sends a key of this account, or none."""
    if user is None:
        return Client()
    return Client(headers={"Authorization": f"Bearer {token_of(user, *scopes, datasets=datasets)}"})


def token_of(user, *scopes: str, datasets=()) -> str:
    """A new key of this account with these scopes, or all."""
    _key, token = make_key(
        user,
        name="a script",
        scopes=list(scopes or SCOPES),
        until=timezone.now() + timedelta(days=30),
        datasets=list(datasets),
        by=world.by(user),
    )
    return token


def dataset_url(dataset, rest: str = "") -> str:
    """The address of a dataset, or of something below it."""
    return f"/api/v1/datasets/{getattr(dataset, 'pk', dataset)}{rest}"
