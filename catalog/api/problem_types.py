"""Every kind of problem that the API answers with: a stable name, its status, what it means and what to do about it.

Each has a page at `/problems/<code>/`, whose address is the `type` of the answer (RFC 9457).
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem, in words for a developer who has just met it."""

    code: str
    status: int
    title: str | Promise
    meaning: str | Promise
    advice: str | Promise

    @property
    def address(self) -> str:
        """The `type` member, which is also the address of its page."""
        return f"{settings.ADDRESS}/problems/{self.code}/"


PROBLEM_TYPES: dict[str, ProblemType] = {
    code: ProblemType(code, status, title, meaning, advice)
    for code, status, title, meaning, advice in [
        (
            "malformed-request",
            400,
            _("The request cannot be read"),
            _("The address, a header or the body is not what HTTP, UTF-8 or JSON allow."),
            _("Send UTF-8 without zero bytes, and one JSON object as the body; percent-encode addresses."),
        ),
        (
            "version-dropped",
            410,
            _("This version was dropped"),
            _("Its dataset keeps versions for a limited time, and nobody relied on this one: its rows and files went."),
            _("Read the current version, or one that is still listed as kept."),
        ),
        (
            "version-destroyed",
            410,
            _("This version was destroyed by law"),
            _("A law or a court ordered that it be destroyed: its rows, files and copies are gone for good."),
            _("“law” and “article” say by what order, “destroyed_at” when. Read another version, or ask the owner."),
        ),
        (
            "validation-failed",
            400,
            _("Something in the request is not right"),
            _("The request was read, but one or more values are missing or do not fit."),
            _("Look at “errors”: each names a field and says what would fit. Correct them and send the request again."),
        ),
        (
            "bad-parameter",
            400,
            _("A parameter does not fit"),
            _("A parameter of the address is unknown, given twice, too long, or out of its range."),
            _("Look at “errors” for its name, and at the description of the address in the API pages."),
        ),
        (
            "bad-filter",
            400,
            _("The filter does not fit"),
            _("A condition on rows cannot be read, or its value does not fit the type of the column."),
            _("Compare columns with values: =, <>, <, <=, >, >=, in, between, like, is null, joined by and, or, not."),
        ),
        (
            "bad-select",
            400,
            _("The selection does not fit"),
            _("“select” or “group_by” cannot be read."),
            _("Name columns, or count, sum, avg, min and max over a column, separated by commas."),
        ),
        (
            "bad-cursor",
            400,
            _("The cursor does not belong here"),
            _("“after” was made for another query, version or basis, or was changed on the way."),
            _("Start again without “after”, then pass on the “next” of each answer, or follow the Link header."),
        ),
        (
            "unknown-column",
            400,
            _("There is no such column"),
            _("The request names a column that is not among those you may read here."),
            _("The columns you may read are listed at /columns of the dataset. Case does not matter."),
        ),
        (
            "unknown-function",
            400,
            _("There is no such function"),
            _("The request calls a function that is not on the list, or one over many rows where a row stands alone."),
            _("The list with an example for each is in the guide to queries. What is not there cannot be called."),
        ),
        (
            "table-required",
            400,
            _("Name a table"),
            _("The dataset has several tables, and the address names none."),
            _("Use /tables/{name}/rows with one of the names in “tables”."),
        ),
        (
            "bad-format",
            400,
            _("There is no such format here"),
            _("The format is unknown, or the rows do not fit into it."),
            _("Use one of csv, csv-bom, ndjson, parquet, arrow, xlsx and, where there is a geometry column, geojson."),
        ),
        (
            "key-missing",
            401,
            _("A key is needed"),
            _("This address is not for everybody, and the request says nothing about who sends it."),
            _("Make a key under “Keys” and send it as the header “Authorization: Bearer <key>”."),
        ),
        (
            "key-invalid",
            401,
            _("The key does not open anything"),
            _("The Authorization header holds no key, or one that is unknown, has ended or was revoked."),
            _("Check that the key was copied whole. Under “Keys” you see which ones are live, and can make a new one."),
        ),
        (
            "not-allowed",
            403,
            _("You may not do this"),
            _("You may know of this, but what you asked for is for people in another role."),
            _("The detail says who can do it. Ask them, or ask the administrator for the role."),
        ),
        (
            "scope-missing",
            403,
            _("The key was not made for this"),
            _("The key is live, but lacks the scope that this address needs."),
            _("Make a key with that scope under “Keys”. A key never does more than its person may do."),
        ),
        (
            "grant-missing",
            403,
            _("No basis lets you read this"),
            _("You may know of this dataset, but no release is open and no grant or duty of yours covers it now."),
            _("Ask the department that owns it for a grant: its contact is in the dataset's description."),
        ),
        (
            "csrf-failed",
            403,
            _("The request did not come from one of our pages"),
            _("You are signed in with a browser, and the request lacks the token that our own pages send."),
            _("Scripts should use a key instead of a browser's session."),
        ),
        (
            "not-found",
            404,
            _("There is nothing here"),
            _("Nothing has this address, or nothing that you may know of."),
            _("Check the address. If you expected data that was lent to you, check that you sent the right key."),
        ),
        (
            "no-version",
            404,
            _("There is no such version for you"),
            _("No version that you may read was current at the time asked for, or there is none to compare with."),
            _("Ask for a later time, or name a version by its number: /versions of the dataset lists them."),
        ),
        (
            "method-not-allowed",
            405,
            _("The address does not take this method"),
            _("The address exists, but not for this HTTP method."),
            _("The Allow header names the methods that it takes."),
        ),
        (
            "not-acceptable",
            406,
            _("The answer cannot be given in that form"),
            _("The Accept header asks for a media type that this address does not produce."),
            _("Accept application/json, or choose a form of rows with the parameter “format”."),
        ),
        (
            "basis-required",
            409,
            _("Say on which basis"),
            _("More than one basis lets you read this, and they may let out different rows and columns."),
            _("Choose one of “choice” and add “basis=<id>”. Each read under a right is recorded under its purpose."),
        ),
        (
            "conflict",
            409,
            _("This cannot happen now"),
            _("The thing has changed, or is in a state that does not allow this."),
            _("Read it again and see what state it is in."),
        ),
        (
            "export-not-ready",
            409,
            _("The file is still being prepared"),
            _("A worker makes it; how far it is stands in “progress” of the export."),
            _("Wait for the seconds in Retry-After, and look at the export until its state is “ready”."),
        ),
        (
            "too-many-exports",
            409,
            _("You have as many prepared files as one may have"),
            _("Only a limited number of files are prepared and kept for one reader at a time."),
            _("Wait until one is ready, or end one that you need no more: DELETE its address."),
        ),
        (
            "idempotency-in-flight",
            409,
            _("The same request is still under way"),
            _("Another request with this Idempotency-Key has begun and has not been answered yet."),
            _("Wait and repeat it with the same key. If it never ends, look what became of it before using a new key."),
        ),
        (
            "withdrawn",
            410,
            _("This was open once"),
            _("The dataset was open to everybody and has been withdrawn."),
            _("Its page says so. The owning department can tell why."),
        ),
        (
            "export-gone",
            410,
            _("This prepared file is gone"),
            _("A prepared file is kept for a limited time and goes when its basis ends. It may also have failed."),
            _("Ask for it again: send the same question to “exports” of the dataset."),
        ),
        (
            "precondition-failed",
            412,
            _("It has changed since you read it"),
            _("The If-Match header names another state than the present one, so nothing was changed."),
            _("Read it again, make your change on what it says now, and send the new ETag."),
        ),
        (
            "too-large",
            413,
            _("The request is too large"),
            _("The body is larger than this address takes."),
            _("Send a smaller file, or compress it."),
        ),
        (
            "unsupported-media-type",
            415,
            _("The body is of a kind that is not read here"),
            _("The Content-Type header names a form that this address does not read."),
            _("Send application/json, or multipart/form-data where a file is expected."),
        ),
        (
            "idempotency-conflict",
            422,
            _("This key was used for another request"),
            _("The Idempotency-Key was sent before with a different address or body."),
            _("Use a new key for each new request, and the same key only to repeat the same one."),
        ),
        (
            "rate-limited",
            429,
            _("Too many requests"),
            _("The quota of requests in this window of time is used up."),
            _("Wait for the seconds in Retry-After. A key has a larger quota; for whole tables fetch the built files."),
        ),
        (
            "grant-limit",
            429,
            _("This grant lets out no more at this moment"),
            _("A grant may allow so many readings an hour or a day, or so many rows a day, and they are used up."),
            _("Wait for the seconds in Retry-After, or until “opens_at”. Fewer rows may still be left: use “limit”."),
        ),
        (
            "grant-used-up",
            403,
            _("All that this grant lets out has left"),
            _("A grant may allow so many rows in all, and they are used up or are leaving now."),
            _("Ask the department that lent the data to renew the grant."),
        ),
        (
            "query-too-costly",
            422,
            _("The query takes too much"),
            _("The query went over its budget of time or memory, or its page over the budget of bytes."),
            _("Filter more, group by fewer columns, take the built file, or ask for a prepared one (“exports”)."),
        ),
        (
            "internal-error",
            500,
            _("Something went wrong on our side"),
            _("The request was fine; we failed. It is written down under the request's id."),
            _("Try again in a while. If it stays, tell us the id in “instance”."),
        ),
        (
            "unavailable",
            503,
            _("Not at this moment"),
            _("All places are taken, or a part of the system does not answer."),
            _("Repeat the request after the seconds in Retry-After."),
        ),
    ]
}

BY_STATUS = {
    400: "malformed-request",
    401: "key-missing",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    409: "conflict",
    410: "withdrawn",
    413: "too-large",
    415: "unsupported-media-type",
    429: "rate-limited",
    503: "unavailable",
}
