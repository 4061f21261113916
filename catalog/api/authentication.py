"""Who calls: a key in the Authorization header. Without one, the browser's session, and without that, everybody."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from audit.actor import Actor
from catalog.actions.keys import find_key
from catalog.api.limits import spend_on_failure


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cw_...`. A header that holds no live key is refused: it never reads as the public."""

    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _space, token = header.partition(" ")
        key = find_key(token.strip()) if scheme.lower() == "bearer" and token.isascii() else None
        if key is None:
            spend_on_failure(request)
            raise AuthenticationFailed

        # What follows must see the key's actor, never that of a session sent along.
        request._request.actor = Actor(user=key.user, key=key, request_id=request.id)
        return key.user, key

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="Causeway"'


class KeyScheme(OpenApiAuthenticationExtension):
    """How the key is described in the OpenAPI document."""

    target_class = "catalog.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "cw_..."}
