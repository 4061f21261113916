"""`/api/v1/grants`: lending by program, with a key that has the scope `grant`."""

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IDEMPOTENCY_KEY, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.api.serializers import KeySerializer
from catalog.models import Basis, Dataset, Scope, Version
from catalog.permissions import check_may_decide, visible_datasets
from catalog.states import GRANT
from sharing.actions.grants import make_grant, resume_grant, revoke_grant, suspend_grant
from sharing.actions.renewals import decline_renewal, renew_grant, second_renewal
from sharing.actions.returns import attest_grant, return_grant
from sharing.api.bridges import bridge_named
from sharing.api.grant_shapes import EventSerializer, GrantDisposal, GrantInput, GrantRenewal, GrantSerializer, Why
from sharing.api.moving import Moving, moving
from sharing.api.request_shapes import NoInput, Reason
from sharing.permissions import check_may_answer_for, check_may_lend, check_may_second_renewal, visible_grants
from sharing.policies.renewing import proposed_renewals
from sharing.usage import events_of

GRANTS = "Grants"
UNSAID = gettext_lazy("By program, without a reason given")


class Grants(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ, "POST": Scope.GRANT}

    @extend_schema(
        tags=[GRANTS],
        summary="List grants",
        description="Those that your department has lent and those that were lent to it, newest first.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("GrantPage", GrantSerializer, next=NEXT)},
    )
    def get(self, request):
        grants = visible_grants(self.by).prefetch_related("proposed_renewals")
        page = page_of(grants, request, order=("-made_at", "-id"), about=f"grants {self.by.user_id}")
        results = GrantSerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(
        tags=[GRANTS],
        summary="Lend columns of a dataset",
        description="To another department or a verified enterprise, for a purpose, until a date. For approvers of "
        "the department that owns the dataset, who are not of the recipient. Personal data in bulk is not lent this "
        "way: the recipient asks for it, and two approvers agree.",
        parameters=[IDEMPOTENCY_KEY],
        request=GrantInput,
        responses={201: GrantSerializer},
    )
    @once
    def post(self, request):
        given = GrantInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.wanted()
        datasets = visible_datasets(self.by).select_related("department", "current")
        dataset = get_object_or_404(datasets, pk=wanted.pop("dataset"))

        grant = make_grant(dataset, **wanted | {"version": pinned(dataset, wanted["version"])}, by=self.by)

        address = reverse("api-grant", args=[grant.pk])
        headers = {"Location": request.build_absolute_uri(address)}
        return Response(GrantSerializer(grant).data, status=201, headers=headers)


def pinned(dataset: Dataset, number: int | None) -> Version | None:
    """The version of this number; none where none was named."""
    if number is None:
        return None
    found = dataset.versions.filter(number=number, state=Version.State.KEPT).first()
    if found is None:
        raise ValidationError({"version": _("The dataset has no such version.")})
    return found


class OneGrant(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(tags=[GRANTS], summary="Read a grant", parameters=[IF_NONE_MATCH], responses={200: GrantSerializer})
    def get(self, request, pk):
        return self.whole(GrantSerializer(found(pk, self.by)).data)


class GrantEvents(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=[GRANTS],
        summary="List what happened under a grant",
        description="Its making, its suspensions, and each reading as it began and as it ended, newest first. Each "
        "event has a receipt (C2SP tlog-proof), which proves to anybody, offline, that it is in the log.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("GrantEventPage", EventSerializer, next=NEXT)},
    )
    def get(self, request, pk):
        grant = found(pk, self.by)
        page = page_of(events_of(grant), request, order=("-time", "-id"), about=f"events of {grant.pk}")
        results = EventSerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)


class Move(Moving):
    """One move of a grant's state by an approver of its owner: the subclass says which."""

    moves = GRANT
    asked = Why

    def found(self, pk) -> Basis:
        return found(pk, self.by)

    def check(self, grant: Basis) -> None:
        """Who makes this move."""
        check_may_decide(self.by, grant.dataset)

    def described(self, grant: Basis) -> dict:
        return GrantSerializer(grant).data


class MoveOfTheLender(Move):
    """One move by which rows leave again, or longer: nobody lends to their own."""

    def check(self, grant: Basis) -> None:
        """An approver of the owner who is not of the recipient."""
        check_may_lend(self.by, grant.dataset, grant.department)


class MoveOfTheRecipient(Move):
    """One move by the people who received the data."""

    scopes = {"POST": Scope.ASK}

    def check(self, grant: Basis) -> None:
        """A requester or an approver of the recipient."""
        check_may_answer_for(self.by, grant)


def said(given: dict) -> str:
    """The reason that was given, or that none was."""
    return given["reason"].strip() or str(UNSAID)


OWNER = "For approvers of the department that owns the dataset."
RECIPIENT = "For requesters and approvers of the department that received it, with the scope “ask”."


def of_grants(summary: str, description: str, *, who: str = OWNER):
    """Describes one move of a grant."""
    return moving(GRANTS, GrantSerializer, summary, f"{description} {who}")


@of_grants("Suspend a grant", "Nothing leaves under it until it is resumed. A “reason” is kept with it.")
class Suspend(Move):
    verb = "suspend"

    def act(self, grant: Basis, given: dict) -> Basis:
        return suspend_grant(grant, by=self.by, reason=said(given))


@of_grants("Resume a grant", "Rows leave under it again.")
class Resume(MoveOfTheLender):
    verb = "resume"

    def act(self, grant: Basis, given: dict) -> Basis:
        return resume_grant(grant, by=self.by, reason=said(given))


@of_grants("Revoke a grant", "For good; a stream that runs ends within a second. A “reason” is kept with it.")
class Revoke(Move):
    verb = "revoke"

    def act(self, grant: Basis, given: dict) -> Basis:
        return revoke_grant(grant, by=self.by, reason=said(given))


@of_grants(
    "Renew a grant",
    "A new grant of the same terms until “valid_until” takes its place. The answer is the new one; its “renews” names "
    "the old one. Keys for machines are made anew. Where two approvers agreed to the old one this proposes it: the "
    "answer is the old one with its “renewal”, until another approver agrees.",
)
class Renew(MoveOfTheLender):
    verb = "supersede"
    asked = GrantRenewal

    def act(self, grant: Basis, given: dict) -> Basis:
        bridge = bridge_named(given["bridge"], by=self.by)
        return renew_grant(grant, by=self.by, valid_until=given["valid_until"], bridge=bridge)


@of_grants("Agree to a renewal", "The second of two approvers: the grant is renewed as was proposed.")
class AgreeRenewal(MoveOfTheLender):
    verb = "supersede"
    asked = NoInput

    def check(self, grant: Basis) -> None:
        """Another approver of the owner than who proposed it."""
        super().check(grant)
        check_may_second_renewal(self.by, get_object_or_404(proposed_renewals(grant)))

    def act(self, grant: Basis, given: dict) -> Basis:
        return second_renewal(get_object_or_404(proposed_renewals(grant)), by=self.by)


@of_grants("Decline a renewal", "The grant stays as it is until its last day. With a “reason”.")
class DeclineRenewal(Move):
    verb = "supersede"
    asked = Reason

    def act(self, grant: Basis, given: dict) -> Basis:
        return decline_renewal(get_object_or_404(proposed_renewals(grant)), by=self.by, reason=given["reason"])


@of_grants("Give a grant back", "For good: nothing leaves under it any more, and disposal is due.", who=RECIPIENT)
class Return(MoveOfTheRecipient):
    verb = "return"

    def act(self, grant: Basis, given: dict) -> Basis:
        return return_grant(grant, by=self.by, reason=said(given))


@of_grants(
    "Attest the disposal", "What was received under a grant that has ended is disposed of: “how”.", who=RECIPIENT
)
class Attest(MoveOfTheRecipient):
    verb = "attest"
    asked = GrantDisposal

    def act(self, grant: Basis, given: dict) -> Basis:
        return attest_grant(grant, by=self.by, how=given["how"])


class GrantKeys(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=[GRANTS],
        summary="List one's own keys for machines under a grant",
        description="They open this grant alone and end no later than it. A person makes them, on the grant's page.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("GrantKeyPage", KeySerializer, next=NEXT)},
    )
    def get(self, request, pk):
        mine = found(pk, self.by).keys.filter(user=self.by.user_id).prefetch_related("datasets")
        page = page_of(mine, request, order=("-created_at", "-id"), about=f"keys of {pk} {self.by.user_id}")
        results = KeySerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)


def found(pk, by) -> Basis:
    """The grant, if this caller may know of it."""
    return get_object_or_404(visible_grants(by), pk=pk)
