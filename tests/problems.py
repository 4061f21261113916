"""The one shape of an error of the API."""

import json

MEMBERS = {"type", "title", "status", "detail", "instance"}


def assert_problem(response, status: int, code: str) -> dict:
    """The response is this problem, whole; gives its members."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body.keys() >= MEMBERS
    assert body["type"].endswith(f"/problems/{code}/"), body
    assert body["status"] == status
    assert body["instance"] == response["X-Request-Id"]
    assert body["title"] and body["detail"]
    for error in body.get("errors", []):
        assert error["detail"]
    return body


def without_id(response) -> bytes:
    """The answer's bytes with its request's id taken out, to compare hidden with missing."""
    return response.content.replace(response["X-Request-Id"].encode(), b"ID")
