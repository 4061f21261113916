"""Gives each request an identifier, and each view the actor behind the request."""

import re
import uuid

from django.utils.functional import SimpleLazyObject

from audit.actor import Actor

GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """`request.id`, answered as `X-Request-Id`; `request.actor`, made when first asked for."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-Id", "")
        request.id = given if GIVEN.fullmatch(given) else uuid.uuid4().hex
        request.actor = SimpleLazyObject(lambda: actor_of(request))
        response = self.get_response(request)
        response["X-Request-Id"] = request.id
        return response


def actor_of(request) -> Actor:
    """Who is signed in, acting through this request."""
    user = request.user if request.user.is_authenticated else None
    return Actor(user=user, request_id=request.id)
