"""`/api/v1/deliveries`: a department's own system has the rows of its grants packed, and fetches them."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.problems import Problem
from catalog.api.schema import AFTER, IDEMPOTENCY_KEY, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.models import Basis, Scope
from sharing.actions.package_links import make_link
from sharing.actions.package_plans import end_plan, make_plan
from sharing.actions.packages import ask_package, make_again
from sharing.api.delivery_shapes import (
    DeliveryInput,
    DeliveryLinkSerializer,
    DeliveryPlanInput,
    DeliveryPlanSerializer,
    DeliverySerializer,
)
from sharing.models import Package
from sharing.packages.fetching import send_package
from sharing.packages.permissions import packages_of, plans_of
from sharing.packages.signing import package_keys
from sharing.permissions import grants_lent_to
from sharing.policies.grants import check_lets_out

DELIVERIES = "Deliveries"
WAIT = "2"


class DeliveryView(ApiView):
    """A view of packages of the grants that were lent to the caller's department; others are not there."""

    signed_in = True

    def grant(self, pk) -> Basis:
        """A grant that was lent to the caller."""
        return get_object_or_404(grants_lent_to(self.by), pk=pk)

    def mine(self):
        """The caller's packages."""
        return packages_of(self.by)

    def plans(self):
        """The plans that make them."""
        return plans_of(self.by)

    def given(self, shape, request) -> dict:
        """What was sent, checked."""
        found = shape(data=request.data)
        found.is_valid(raise_exception=True)
        return dict(found.validated_data)

    def asked(self, package: Package) -> Response:
        """202, with where to look."""
        headers = {"Location": reverse("api-delivery", args=[package.pk]), "Retry-After": WAIT}
        return Response(DeliverySerializer(package).data, status=202, headers=headers)


class Deliveries(DeliveryView):
    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES],
        summary="List packages",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("DeliveryPage", DeliverySerializer, next=NEXT)},
    )
    def get(self, request):
        about = f"deliveries {self.by.user_id}"
        page = page_of(self.mine(), request, order=("-asked_at", "-id"), about=about)
        results = DeliverySerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[DELIVERIES],
        summary="Have the rows of a grant packed",
        description="Sealed with age to your department's confirmed public key. Where the same package is there "
        "already, or on its way, that is the answer. Ask its address until `state` is `ready`, then make a link.",
        parameters=[IDEMPOTENCY_KEY],
        request=DeliveryInput,
        responses={202: DeliverySerializer},
    )
    @once
    def post(self, request):
        wanted = self.given(DeliveryInput, request)
        return self.asked(ask_package(self.grant(wanted["grant"]), wanted["format"], by=self.by))


class OneDelivery(DeliveryView):
    scopes = {"GET": Scope.READ}

    @extend_schema(tags=[DELIVERIES], summary="See how a package goes", responses={200: DeliverySerializer})
    def get(self, request, pk):
        return self.whole(DeliverySerializer(get_object_or_404(self.mine(), pk=pk)).data)


class Again(DeliveryView):
    scopes = {"POST": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES], summary="Have a package made again", parameters=[IDEMPOTENCY_KEY], request=None,
        description="One that could not be made, or whose time is over.", responses={202: DeliverySerializer},
    )  # fmt: skip
    @once
    def post(self, request, pk):
        return self.asked(make_again(get_object_or_404(self.mine(), pk=pk), by=self.by))


class Links(DeliveryView):
    scopes = {"POST": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES],
        summary="Make a link to a package",
        description="For a short time and as many bytes as the file has. It opens nothing by itself: "
        "send a key of the recipient's, or be signed in. It takes ranges, so that a broken download goes on.",
        request=None,
        responses={201: DeliveryLinkSerializer},
    )
    def post(self, request, pk):
        link, token = make_link(get_object_or_404(self.mine(), pk=pk), by=self.by)
        url = request.build_absolute_uri(reverse("api-delivery-file", args=[token]))
        return Response(DeliveryLinkSerializer({"url": url, "expires_at": link.expires_at}).data, status=201)


class File(DeliveryView):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES],
        summary="Fetch a package by its link",
        description="Each fetching is recorded, and the grant is asked again, also while bytes leave.",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request, token):
        try:
            return send_package(request, token, by=self.by)
        except ValidationError as over:
            raise Problem("export-gone", " ".join(over.messages)) from None


class Manifest(DeliveryView):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES],
        summary="Read the signed manifest of a package",
        description="A signed note (C2SP signed-note): columns, rows, the grant, and the digests of the clear and the "
        "sealed bytes. Check it with the key of `/deliveries/vkey`.",
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request, pk):
        package = get_object_or_404(self.mine(), pk=pk)
        check_lets_out(package.grant)
        if not package.is_ready:
            raise Http404
        return HttpResponse(package.manifest, content_type="text/plain; charset=utf-8")


class Plans(DeliveryView):
    scopes = {"GET": Scope.READ, "POST": Scope.READ}

    @extend_schema(
        tags=[DELIVERIES],
        summary="List plans of packages",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("DeliveryPlanPage", DeliveryPlanSerializer, next=NEXT)},
    )
    def get(self, request):
        about = f"delivery plans {self.by.user_id}"
        page = page_of(self.plans(), request, order=("-made_at", "-id"), about=about)
        results = DeliveryPlanSerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[DELIVERIES],
        summary="Plan packages of a grant",
        description="The first is made at once, then one in each period, in your name: you answer for its readings. "
        "For a person who signed in; no key of the API can do it.",
        parameters=[IDEMPOTENCY_KEY],
        request=DeliveryPlanInput,
        responses={201: DeliveryPlanSerializer},
    )
    @once
    def post(self, request):
        wanted = self.given(DeliveryPlanInput, request)
        plan = make_plan(
            self.grant(wanted["grant"]), kind=wanted["format"], every=wanted["every"], hour=wanted["hour"],
            only_new=wanted["only_new"], by=self.by,
        )  # fmt: skip
        headers = {"Location": reverse("api-delivery-plan", args=[plan.pk])}
        return Response(DeliveryPlanSerializer(plan).data, status=201, headers=headers)


class OnePlan(DeliveryView):
    scopes = {"GET": Scope.READ, "DELETE": Scope.READ}

    @extend_schema(tags=[DELIVERIES], summary="Read a plan", responses={200: DeliveryPlanSerializer})
    def get(self, request, pk):
        return self.whole(DeliveryPlanSerializer(get_object_or_404(self.plans(), pk=pk)).data)

    @extend_schema(
        tags=[DELIVERIES],
        summary="End a plan",
        description="For a person who signed in; no key of the API can do it.",
        request=None,
        responses={204: None},
    )
    def delete(self, request, pk):
        end_plan(get_object_or_404(self.plans(), pk=pk), by=self.by)
        return HttpResponse(status=204)


class VerifierKeys(ApiView):
    @extend_schema(
        tags=[DELIVERIES],
        summary="The keys that sign manifests",
        description="One verifier key in each line (C2SP signed-note). Open to everybody.",
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request):
        keys = "".join(f"{key}\n" for key in package_keys())
        return HttpResponse(keys, content_type="text/plain; charset=utf-8")
