"""`/api/v1/bridges`: what is lent under two grants may be joined, where both owners agree."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IDEMPOTENCY_KEY, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.api.serializers import DepartmentName
from catalog.models import Scope
from sharing.actions.bridges import approve_bridge, ask_bridge, end_bridge, refuse_bridge, withdraw_bridge
from sharing.api.grant_shapes import Until
from sharing.api.moving import Moving, moving
from sharing.api.request_shapes import NoInput, Reason
from sharing.bridging import sides_of
from sharing.models import Bridge
from sharing.permissions import (
    check_may_decide_bridge,
    check_may_end_bridge,
    check_may_withdraw_bridge,
    visible_bridges,
    visible_grants,
)
from sharing.states import BRIDGE

BRIDGES = "Bridges"


class SideSerializer(serializers.Serializer):
    """One of the two grants; what the caller may not know of it is null."""

    grant = serializers.SerializerMethodField()
    dataset = serializers.SerializerMethodField(help_text="Its title.")
    owner = DepartmentName(source="grant.dataset.department")
    recipient = DepartmentName(source="grant.department")

    def get_grant(self, side) -> str | None:
        return str(side.grant.pk) if side.is_known else None

    def get_dataset(self, side) -> str | None:
        return side.title if side.is_told else None


class BridgeSerializer(serializers.Serializer):
    """A bridge between two grants: asked for, agreed to by two persons, one for each owner, and ended."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Bridge.State.choices)
    grants = serializers.SerializerMethodField()
    purpose = serializers.CharField()
    legal_basis = serializers.CharField()
    ends_at = serializers.DateTimeField()
    asked_at = serializers.DateTimeField()
    agreed_at = serializers.DateTimeField(allow_null=True, help_text="When the first owner agreed.")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When the second owner agreed, or one refused.")
    reason = serializers.CharField(source="state_reason", help_text="Why it was refused, withdrawn or ended.")

    @extend_schema_field(SideSerializer(many=True))
    def get_grants(self, bridge) -> list[dict]:
        return SideSerializer(self.context["sides"][bridge.pk], many=True).data


class BridgeInput(serializers.Serializer):
    """Which two grants are to join, for what, by which law, until when."""

    one = serializers.UUIDField(help_text="A grant that you know of.")
    other = serializers.UUIDField(help_text="Another one that you know of.")
    purpose = serializers.CharField(max_length=2_000)
    legal_basis = serializers.CharField(max_length=300)
    ends_at = Until()


class BridgeView(ApiView):
    """A view of bridges over grants that the caller knows of; others are not there."""

    signed_in = True

    def shown(self, bridges) -> list[dict]:
        """These bridges as this caller may know of them."""
        return BridgeSerializer(bridges, many=True, context={"sides": sides_of(bridges, by=self.by)}).data

    def found(self, pk) -> Bridge:
        """One of them."""
        return get_object_or_404(visible_bridges(self.by), pk=pk)


class Bridges(BridgeView):
    scopes = {"GET": Scope.READ, "POST": Scope.READ}  # who received both asks with “ask”, an owner with “grant”

    @extend_schema(
        tags=[BRIDGES],
        summary="List bridges",
        description="Those over grants that your department has lent or that were lent to it, newest first.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("BridgePage", BridgeSerializer, next=NEXT)},
    )
    def get(self, request):
        page = page_of(
            visible_bridges(self.by), request, order=("-asked_at", "-id"), about=f"bridges {self.by.user_id}"
        )
        data = self.whole({"results": self.shown(page.items), "next": page.next})
        return link_pages(data, request, page.next)

    @extend_schema(
        tags=[BRIDGES],
        summary="Ask for a bridge",
        description="So that what is renewed under two grants may be joined until a day. For approvers of an owner, "
        "who agree for it by asking (scope “grant”), and for requesters and approvers of the department that "
        "received both (scope “ask”). Two persons must agree, one for each owner.",
        parameters=[IDEMPOTENCY_KEY],
        request=BridgeInput,
        responses={201: BridgeSerializer},
    )
    @once
    def post(self, request):
        given = BridgeInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        one, other = (get_object_or_404(visible_grants(self.by), pk=wanted.pop(side)) for side in ("one", "other"))

        made = ask_bridge(one, other, by=self.by, **wanted)

        address = request.build_absolute_uri(reverse("api-bridge", args=[made.pk]))
        return Response(self.shown([made])[0], status=201, headers={"Location": address})


class OneBridge(BridgeView):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=[BRIDGES], summary="Read a bridge", parameters=[IF_NONE_MATCH], responses={200: BridgeSerializer}
    )
    def get(self, request, pk):
        return self.whole(self.shown([self.found(pk)])[0])


class Move(BridgeView, Moving):
    """One move of a bridge: the subclass says which."""

    moves = BRIDGE
    asked = Reason

    def described(self, bridge: Bridge) -> dict:
        return self.shown([bridge])[0]


def of_bridges(summary: str, description: str):
    """Describes one move of a bridge."""
    return moving(BRIDGES, BridgeSerializer, summary, description)


@of_bridges("Agree to a bridge", "For approvers of an owner; the second of two persons puts it in force.")
class Agree(Move):
    verb = "approve"
    asked = NoInput

    def check(self, bridge: Bridge) -> None:
        check_may_decide_bridge(self.by, bridge)

    def act(self, bridge: Bridge, given: dict) -> Bridge:
        return approve_bridge(bridge, by=self.by)


@of_bridges("Refuse a bridge", "For approvers of an owner, with a “reason”.")
class Refuse(Move):
    verb = "refuse"

    def check(self, bridge: Bridge) -> None:
        check_may_decide_bridge(self.by, bridge)

    def act(self, bridge: Bridge, given: dict) -> Bridge:
        return refuse_bridge(bridge, by=self.by, reason=given["reason"])


@of_bridges("Withdraw a bridge", "For whoever may ask for it, while nobody has decided; with a “reason”.")
class Withdraw(Move):
    scopes = {"POST": Scope.READ}  # as asking: with “ask” or with “grant”
    verb = "withdraw"

    def check(self, bridge: Bridge) -> None:
        check_may_withdraw_bridge(self.by, bridge)

    def act(self, bridge: Bridge, given: dict) -> Bridge:
        return withdraw_bridge(bridge, by=self.by, reason=given["reason"])


@of_bridges("End a bridge", "For approvers of an owner: grants that were made under it are suspended. With a “reason”.")
class End(Move):
    verb = "end"

    def check(self, bridge: Bridge) -> None:
        check_may_end_bridge(self.by, bridge)

    def act(self, bridge: Bridge, given: dict) -> Bridge:
        return end_bridge(bridge, by=self.by, reason=given["reason"])


def bridge_named(pk, *, by) -> Bridge | None:
    """The bridge of this identifier, where one was named."""
    if pk is None:
        return None
    found = visible_bridges(by).filter(pk=pk).first()
    if found is None:
        raise serializers.ValidationError({"bridge": [_("There is no bridge with this identifier.")]})
    return found
