"""One move of a grant or a bridge as an address of its own."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.schema import IDEMPOTENCY_KEY
from catalog.models import Scope
from catalog.states import Moves


class Moving(ApiView):
    """One move: a class for each noun says how one is found and shown, a subclass of that which move it is."""

    signed_in = True
    scopes = {"POST": Scope.GRANT}
    moves: Moves
    verb = ""
    asked: type[serializers.Serializer]

    def found(self, pk):
        """The one of this identifier, if the caller may know of it."""
        raise NotImplementedError

    def check(self, thing) -> None:
        """Who makes this move."""
        raise NotImplementedError

    def act(self, thing, given: dict):
        """The action of this move; what stands afterwards."""
        raise NotImplementedError

    def described(self, thing) -> dict:
        """What the answer says of it."""
        raise NotImplementedError

    @once
    def post(self, request, pk):
        thing = self.found(pk)
        self.check(thing)
        given = self.asked(data=request.data)
        given.is_valid(raise_exception=True)
        self.moves.after(thing.state, self.verb)

        made = self.act(thing, given.validated_data)

        return Response(self.described(self.found(made.pk)))


def moving(tag: str, answer: type[serializers.Serializer], summary: str, description: str):
    """Describes one move for the API's own pages."""

    def describe(view: type[Moving]) -> type[Moving]:
        return extend_schema(
            methods=["POST"],
            tags=[tag],
            summary=summary,
            description=description,
            parameters=[IDEMPOTENCY_KEY],
            request=view.asked,
            responses={200: answer},
        )(view)

    return describe
