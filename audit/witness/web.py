"""The witness over HTTP: `POST /add-checkpoint`, `GET /<hash of a log's name>/checkpoint`, and `/`, who it is."""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus

from audit.witness.submission import MOST_BYTES
from audit.witness.witness import PLAIN, Answer, Witness

CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")


def application(witness: Witness) -> Callable[[dict, Callable], Iterable[bytes]]:
    """The witness as a WSGI application."""

    def answer(environ: dict, start_response: Callable) -> list[bytes]:
        given = _route(witness, environ)
        body = given.body.encode()
        headers = [("Content-Type", given.type), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        if given.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "POST" if environ["PATH_INFO"] == "/add-checkpoint" else "GET, HEAD"))
        start_response(f"{given.status.value} {given.status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer


def _route(witness: Witness, environ: dict) -> Answer:
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    found = CHECKPOINT.fullmatch(path)
    if path == "/add-checkpoint":
        return _submit(witness, environ) if method == "POST" else _wrong_method()
    if path != "/" and not found:
        return Answer(HTTPStatus.NOT_FOUND, "There is nothing here. Ask / who this is.\n")
    if method not in {"GET", "HEAD"}:
        return _wrong_method()
    if not found:
        return Answer(HTTPStatus.OK, introduction(witness))
    point = witness.latest(found[1])
    if point is None:
        return Answer(HTTPStatus.NOT_FOUND, "This witness has cosigned no checkpoint of that log.\n")
    return Answer(HTTPStatus.OK, str(point))


def introduction(witness: Witness) -> str:
    """Who this witness is, and how far it has seen each log."""
    keys = [f"key {signer.key}" for signer in witness.signers]
    logs = []
    for origin in witness.logs:
        latest = witness.memory.latest(origin)
        logs.append(f"log {origin} {latest.size if latest else 0}")
    return "\n".join(["A witness of transparency logs (C2SP tlog-witness).", "", *keys, *logs, ""])


def _submit(witness: Witness, environ: dict) -> Answer:
    try:
        body = environ["wsgi.input"].read(MOST_BYTES + 1)
    except OSError:
        return Answer(HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly.\n")
    if len(body) > MOST_BYTES:
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has at most {MOST_BYTES} bytes.\n")
    return witness.add_checkpoint(body)


def _wrong_method() -> Answer:
    return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "This address is asked in another way.\n", PLAIN)
