"""Errors of the API in one shape: RFC 9457 problem documents, whatever raised them."""

import json
import logging
import math

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.views import set_rollback

from catalog.api.problem_types import BY_STATUS, PROBLEM_TYPES
from catalog.gate import BasisEnded
from catalog.gone import VersionGone
from catalog.metering import LimitReached
from catalog.models import Version
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly

log = logging.getLogger(__name__)
FORMS = {"too-many-rows": "bad-format", "no-place": "bad-format"}  # codes of catalog.rows.formats


class Problem(exceptions.APIException):
    """A refusal by the API itself: a type of `problem_types`, a sentence, and members of its own."""

    def __init__(self, code: str, detail: str = "", *, errors=(), headers=None, **members):
        self.type = PROBLEM_TYPES[code]
        self.status_code = self.type.status
        self.detail = detail or str(self.type.meaning)
        self.errors = list(errors)
        self.headers = headers or {}
        self.members = members


def bad_parameter(name: str, detail: str) -> Problem:
    """The refusal of one parameter of an address."""
    return Problem("bad-parameter", detail, errors=[{"parameter": name, "detail": detail}])


def handler(exc: Exception, context: dict) -> HttpResponse:
    """The answer to whatever a view of the API raised (REST_FRAMEWORK["EXCEPTION_HANDLER"])."""
    set_rollback()
    request = context["request"]
    problem = as_problem(exc, request)
    if problem.status_code == 500:
        log.error("request %s failed", request.id, exc_info=exc)
    return answer(request, problem)


def answer(request, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    body = {
        "type": problem.type.address,
        "title": str(problem.type.title),
        "status": problem.status_code,
        "detail": str(problem.detail),
        "instance": request.id,
        **problem.members,
    }
    if problem.errors:
        body["errors"] = problem.errors
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=problem.status_code, content_type="application/problem+json"
    )
    response["Cache-Control"] = "no-store"
    for name, value in problem.headers.items():
        response[name] = value
    response.exception = True
    return response


def as_problem(exc: Exception, request) -> Problem:
    """The problem that an exception is."""
    for kinds, translate in _TRANSLATIONS:
        if isinstance(exc, kinds):
            return translate(exc, request)
    return Problem("internal-error")


def of_status(status: int) -> Problem:
    """The problem for a bare status, of which nothing more is known."""
    return Problem(BY_STATUS.get(status, "internal-error" if status >= 500 else "malformed-request"))


def _same(exc, request):
    return exc


def _of_query(exc: QueryError, request) -> Problem:
    code = exc.code if exc.code in PROBLEM_TYPES else "bad-parameter"
    error = {"parameter": exc.parameter, "detail": exc.sentence}
    return Problem(code, exc.sentence, errors=[error if exc.at is None else {**error, "at": exc.at}])


def _of_model(exc: ModelValidationError, request) -> Problem:
    code = FORMS.get(getattr(exc, "code", None), getattr(exc, "code", None))
    if code == "conflict":  # what was looked at a moment ago is in another state now
        return Problem(code, exc.messages[0], **exc.params)
    if code in PROBLEM_TYPES:
        return Problem(code, exc.messages[0])
    fields = exc.message_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.messages}
    return _invalid(
        {"detail": sentence} if field == NON_FIELD_ERRORS else {"field": field, "detail": sentence}
        for field, sentences in fields.items()
        for sentence in sentences
    )


def _of_input(exc: exceptions.ValidationError, request) -> Problem:
    return _invalid(_flat("", exc.detail))


def _flat(path: str, detail):
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flat(path if name == "non_field_errors" else f"{path}.{name}".lstrip("."), inner)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _flat(f"{path}[{position}]" if nested else path, inner)
    else:
        yield {"field": path, "detail": str(detail)} if path else {"detail": str(detail)}


def _invalid(errors) -> Problem:
    errors = list(errors)
    return Problem("validation-failed", errors[0]["detail"] if len(errors) == 1 else "", errors=errors)


def _of_end(exc: BasisEnded, request) -> Problem:
    """The basis ended between the look-up and the reading: a moment later it would not have been found."""
    return Problem("grant-missing", str(exc))


def _of_gone(exc: VersionGone, request) -> Problem:
    """The tombstone: of what a law had destroyed when and by which, and nobody's name."""
    version = exc.version
    if version.state != Version.State.PURGED:
        return Problem("version-dropped", str(exc), version=version.number)
    purge = version.purge
    about = {"destroyed_at": purge.decided_at.isoformat(), "law": purge.law, "article": purge.article}
    return Problem("version-destroyed", str(exc), version=version.number, **about)


def _of_stop(exc: Stopped, request) -> Problem:
    return Problem("grant-missing", _("The basis ended while the rows were being read. Nothing more leaves under it."))


def _of_cost(exc: TooCostly, request) -> Problem:
    """Which budget was used up, how large it is, and what to ask for instead."""
    most = {
        "time": settings.ENGINE_QUERY_MS / 1000,
        "memory": settings.ENGINE_MEMORY_MB,
        "bytes": settings.PAGE_MAX_BYTES / 10**6,
    }[exc.budget]
    words = {
        "time": _("The query took more than %(most)g seconds. Ask for fewer rows with “where” or “sample”, group and "
                  "order by fewer columns, or take the built file of the dataset."),
        "memory": _("The query needs more than %(most)g MB of memory. Group by columns with fewer values, order by "
                    "fewer columns, ask for fewer columns, or take the built file of the dataset."),
        "bytes": _("The page would be larger than %(most)g MB. Ask for fewer columns with “select”, for a smaller "
                   "“limit”, or for a file: format=csv streams any number of rows."),
    }[exc.budget]  # fmt: skip
    said, members = words % {"most": most}, {"budget": exc.budget}
    if exc.budget != "bytes" and (address := _exports_beside(request)):
        said += " " + _("Signed in, you can have a file of it made in the background: send the same question, with "
                        "“format”, to “exports”.")  # fmt: skip
        members["exports"] = address
    return Problem("query-too-costly", said, **members)


def _exports_beside(request) -> str:
    """The address at which the same rows are asked for as a prepared file; empty where no rows were asked for."""
    path = request.path
    return request.build_absolute_uri(f"{path.removesuffix('/rows')}/exports") if path.endswith("/rows") else ""


def _of_limit(exc: LimitReached, request) -> Problem:
    """What a grant lets out in an hour or a day is used up; where it is all of it, no waiting helps."""
    if exc.opens_at is None:
        return Problem("grant-used-up", str(exc))
    wait = max(1, math.ceil((exc.opens_at - timezone.now()).total_seconds()))
    headers = {"Retry-After": str(wait)}
    return Problem("grant-limit", str(exc), headers=headers, opens_at=exc.opens_at.isoformat())


def _of_refusal(exc: PermissionDenied, request) -> Problem:
    actor = getattr(request, "actor", None)
    if actor is None or actor.user is None:
        return _of_nobody(exc, request)
    return Problem("not-allowed", str(exc))


def _of_nobody(exc, request) -> Problem:
    return Problem("key-missing", headers={"WWW-Authenticate": 'Bearer realm="Causeway"'})


def _of_drf_refusal(exc: exceptions.PermissionDenied, request) -> Problem:
    return Problem("csrf-failed") if "CSRF" in str(exc.detail) else _of_refusal(exc, request)


def _of_key(exc, request) -> Problem:
    headers = {"WWW-Authenticate": 'Bearer realm="Causeway", error="invalid_token"'}
    return Problem("key-invalid", headers=headers)


def _of_flood(exc: exceptions.Throttled, request) -> Problem:
    wait = max(1, int(exc.wait or 1))
    return Problem("rate-limited", _("Wait %(wait)s seconds.") % {"wait": wait}, headers={"Retry-After": str(wait)})


def _of_method(exc: exceptions.MethodNotAllowed, request) -> Problem:
    return Problem("method-not-allowed")  # the view adds Allow


def _unavailable(exc, request) -> Problem:
    return Problem("unavailable", headers={"Retry-After": "5"})


def _plain(code: str):
    return lambda exc, request: Problem(code)


def _said(code: str):
    return lambda exc, request: Problem(code, str(exc.detail))


_TRANSLATIONS = [
    (Problem, _same),
    (QueryError, _of_query),
    (ModelValidationError, _of_model),
    (exceptions.ValidationError, _of_input),
    (exceptions.AuthenticationFailed, _of_key),
    (exceptions.NotAuthenticated, _of_nobody),
    (exceptions.PermissionDenied, _of_drf_refusal),
    (BasisEnded, _of_end),
    (VersionGone, _of_gone),
    (Stopped, _of_stop),
    (LimitReached, _of_limit),
    (PermissionDenied, _of_refusal),
    ((Http404, exceptions.NotFound), _plain("not-found")),
    (exceptions.Throttled, _of_flood),
    (exceptions.MethodNotAllowed, _of_method),
    (exceptions.NotAcceptable, _plain("not-acceptable")),
    (exceptions.UnsupportedMediaType, _plain("unsupported-media-type")),
    (exceptions.ParseError, _said("malformed-request")),
    (RequestDataTooBig, _plain("too-large")),
    ((SuspiciousOperation, UnicodeError), _plain("malformed-request")),
    (TooCostly, _of_cost),
    ((EngineBusy, OperationalError), _unavailable),
]
