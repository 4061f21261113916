"""One's own keys: seen and revoked by program, made only by a person at the keyboard."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from catalog.actions.keys import make_key, revoke_key
from catalog.api import schema
from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.serializers import KeyInput, KeySerializer
from catalog.models import Key
from catalog.permissions import check_at_keyboard, visible_datasets


class Keys(ApiView):
    """A key cannot make keys: whoever found a lost one could otherwise stay in after it was revoked."""

    signed_in = True

    @extend_schema(**schema.LIST_KEYS)
    def get(self, request):
        mine = Key.objects.filter(user=self.by.user_id).prefetch_related("datasets")
        page = page_of(mine, request, order=("-created_at", "-id"), about=f"keys {self.by.user_id}")
        results = KeySerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)

    @extend_schema(**schema.MAKE_KEY)
    def post(self, request):
        check_at_keyboard(self.by)
        given = KeyInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        datasets = list(visible_datasets(self.by).filter(pk__in=wanted["datasets"]))
        if len(datasets) != len(set(wanted["datasets"])):  # left out, they would make the key wider, not narrower
            raise ValidationError({"datasets": _("A key can name only datasets that you can see.")})

        key, token = make_key(
            self.by.user,
            name=wanted["name"],
            scopes=wanted["scopes"],
            until=wanted["expires_at"],
            datasets=datasets,
            by=self.by,
        )

        return Response({**KeySerializer(key).data, "key": token}, status=201)


class OneKey(ApiView):
    signed_in = True

    @extend_schema(**schema.GET_KEY)
    def get(self, request, pk):
        return self.whole(KeySerializer(self._mine(pk)).data)

    @extend_schema(**schema.REVOKE_KEY)
    def delete(self, request, pk):
        key = self._mine(pk)
        if key != self.by.key:  # whoever found one key could otherwise take all the others away
            check_at_keyboard(self.by)
        revoke_key(key, by=self.by)
        return HttpResponse(status=204)

    def _mine(self, pk) -> Key:
        return get_object_or_404(Key.objects.filter(user=self.by.user_id).prefetch_related("datasets"), pk=pk)
