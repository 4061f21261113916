"""`/api/v1/recipient-keys`: the public keys that packages for a department are sealed to."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IDEMPOTENCY_KEY, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.models import Scope
from catalog.permissions import departments_of
from sharing.actions.recipient_keys import confirm_key, register_key, retire_key
from sharing.models import RecipientKey
from sharing.packages.permissions import visible_keys

KEYS = "Recipient keys"


class RecipientKeySerializer(serializers.Serializer):
    """A public key of age. Packages are sealed to the one that is confirmed and not retired."""

    id = serializers.UUIDField()
    department = serializers.CharField(source="department.code")
    name = serializers.CharField()
    public_key = serializers.CharField()
    fingerprint = serializers.SerializerMethodField(
        help_text="null while the key waits: whoever confirms it computes it where the private key is."
    )
    state = serializers.ChoiceField(choices=RecipientKey.State.choices)
    registered_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)

    def get_fingerprint(self, key) -> str | None:
        return None if key.waits else key.fingerprint


class RecipientKeyInput(serializers.Serializer):
    """A key of a department of one's own."""

    department = serializers.CharField(max_length=40, help_text="Its code.")
    name = serializers.CharField(max_length=80, help_text="Where the private key is kept.")
    public_key = serializers.CharField(max_length=400, help_text="The line that begins with `age1`.")


class FingerprintInput(serializers.Serializer):
    """What the holder of the private key computed."""

    fingerprint = serializers.CharField(max_length=80)


class RetireInput(serializers.Serializer):
    """Why a key is not to be used any more."""

    reason = serializers.CharField(max_length=300)


class RecipientKeyView(ApiView):
    """A view of the keys of the caller's departments; others are not there."""

    signed_in = True

    def key(self, pk) -> RecipientKey:
        """A key of one of the caller's departments."""
        return get_object_or_404(visible_keys(self.by), pk=pk)

    def given(self, shape, request) -> dict:
        """What was sent, checked."""
        found = shape(data=request.data)
        found.is_valid(raise_exception=True)
        return dict(found.validated_data)

    def shown(self, key: RecipientKey) -> Response:
        """The key as it is now."""
        return Response(RecipientKeySerializer(key).data)


class RecipientKeys(RecipientKeyView):
    scopes = {"GET": Scope.READ, "POST": Scope.ASK}

    @extend_schema(
        tags=[KEYS],
        summary="List the public keys of your departments",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("RecipientKeyPage", RecipientKeySerializer, next=NEXT)},
    )
    def get(self, request):
        about = f"recipient keys {self.by.user_id}"
        page = page_of(visible_keys(self.by), request, order=("-registered_at", "-id"), about=about)
        results = RecipientKeySerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[KEYS],
        summary="Register a public key",
        description="It waits until a person of the department has compared its fingerprint and confirmed it.",
        parameters=[IDEMPOTENCY_KEY],
        request=RecipientKeyInput,
        responses={201: RecipientKeySerializer},
    )
    @once
    def post(self, request):
        wanted = self.given(RecipientKeyInput, request)
        department = departments_of(self.by).filter(code=wanted["department"]).first()
        if department is None:
            raise Http404
        made = register_key(department, wanted["public_key"], name=wanted["name"], by=self.by)
        headers = {"Location": reverse("api-recipient-key", args=[made.pk])}
        return Response(RecipientKeySerializer(made).data, status=201, headers=headers)


class OneRecipientKey(RecipientKeyView):
    scopes = {"GET": Scope.READ}

    @extend_schema(tags=[KEYS], summary="Read a public key", responses={200: RecipientKeySerializer})
    def get(self, request, pk):
        return self.whole(RecipientKeySerializer(self.key(pk)).data)


class Confirm(RecipientKeyView):
    scopes = {"POST": Scope.ASK}

    @extend_schema(
        tags=[KEYS],
        summary="Confirm a public key by its fingerprint",
        description="For a person who signed in; no key of the API can do it. The key before it is replaced.",
        request=FingerprintInput,
        responses={200: RecipientKeySerializer},
    )
    def post(self, request, pk):
        key, given = self.key(pk), self.given(FingerprintInput, request)
        return self.shown(confirm_key(key, given["fingerprint"], by=self.by))


class Retire(RecipientKeyView):
    scopes = {"POST": Scope.ASK}

    @extend_schema(
        tags=[KEYS],
        summary="Retire a public key",
        description="Nothing is sealed to it any more, and the packages that are sealed to it go.",
        request=RetireInput,
        responses={200: RecipientKeySerializer},
    )
    def post(self, request, pk):
        key, given = self.key(pk), self.given(RetireInput, request)
        return self.shown(retire_key(key, reason=given["reason"], by=self.by))
