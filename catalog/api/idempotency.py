"""`Idempotency-Key`: the same POST sent again is answered again, not done again."""

import functools
import hashlib
import re

import rfc8785
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer

from catalog.api.problems import Problem
from catalog.models.idempotency import KEPT, KeptAnswer
from catalog.store import CHUNK

HEADER = "Idempotency-Key"
FORM = re.compile(r"[\x21-\x7e]{1,200}")


def once(method):
    """Makes a view's `post` answer a repeated Idempotency-Key with what it answered the first time."""

    @functools.wraps(method)
    def post(view, request, *args, **kwargs):
        key = request.headers.get(HEADER)
        if key is None or request.actor.user is None:
            return method(view, request, *args, **kwargs)

        kept, is_new = _begin(request, key)
        if not is_new:
            return _again(kept)
        try:
            response = method(view, request, *args, **kwargs)
        except BaseException:
            kept.delete()  # the act is atomic: it did not happen, and may be tried again under the same key
            raise
        _finish(kept, response)
        return response

    return post


def fingerprint(request) -> str:
    """The digest of method, address and body; files by their content."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    files = {}
    for name, file in sorted(request.FILES.items()):
        inner = hashlib.sha256()
        for chunk in file.chunks(CHUNK):
            inner.update(chunk)
        file.seek(0)
        files[name] = [file.name, inner.hexdigest()]
    fields = {name: value for name, value in request.data.items() if name not in request.FILES}
    digest.update(rfc8785.dumps(_plain(fields)) + rfc8785.dumps(files))
    return digest.hexdigest()


def _begin(request, key: str) -> tuple[KeptAnswer, bool]:
    if not FORM.fullmatch(key):
        detail = _("An Idempotency-Key has 1 to 200 printable ASCII characters without spaces.")
        raise Problem("bad-parameter", detail, errors=[{"header": HEADER, "detail": detail}])
    digest = fingerprint(request)
    mine = KeptAnswer.objects.filter(user=request.actor.user_id)
    mine.filter(created_at__lt=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(user=request.actor.user, key=key, request_sha256=digest), True
    except IntegrityError:
        kept = mine.filter(key=key).first()
    if kept is None or (kept.request_sha256 == digest and kept.status is None):
        raise Problem("idempotency-in-flight", headers={"Retry-After": "2"})
    if kept.request_sha256 != digest:
        raise Problem("idempotency-conflict")
    return kept, False


def _finish(kept: KeptAnswer, response) -> None:
    kept.status, kept.body = response.status_code, JSONRenderer().render(response.data).decode()
    kept.location = response.get("Location", "")
    kept.save(update_fields=["status", "body", "location"])


def _again(kept: KeptAnswer) -> HttpResponse:
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    if kept.location:
        response["Location"] = kept.location
    return response


def _plain(value):
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)  # whole numbers beyond 53 bits have no canonical form
    return value if value is None or isinstance(value, bool) else str(value)
