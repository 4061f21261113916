"""What every operation of the OpenAPI document has alike: its name, the problems it may answer with, the headers."""

from django.conf import settings

from catalog.api.problem_types import PROBLEM_TYPES

ALWAYS = {"400", "429", "500", "503"}
SIGNED_IN = ("/api/v1/keys", "/api/v1/jobs", "/api/v1/grants", "/api/v1/exports")
WRITES = {"401", "403", "409", "415", "422"}
PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of problem, and the address of its page."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong here, and what to do."},
        "instance": {"type": "string", "description": "The request's id, as in X-Request-Id."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "field": {"type": "string"},
                    "parameter": {"type": "string"},
                    "header": {"type": "string"},
                    "detail": {"type": "string"},
                    "at": {"type": "integer", "description": "The character of the parameter's text, from 1."},
                },
            },
        },
        "budget": {
            "type": "string",
            "enum": ["time", "memory", "bytes"],
            "description": "With query-too-costly: the budget that was used up.",
        },
        "exports": {
            "type": "string",
            "format": "uri",
            "description": "With query-too-costly: where the same question is asked for as a prepared file.",
        },
        "choice": {
            "type": "array",
            "description": "With basis-required: the bases that let you in.",
            "items": {"type": "object", "additionalProperties": True},
        },
    },
}
HEADERS = {
    "X-Request-Id": "The request's id.",
    "RateLimit-Policy": 'The quota: "name";q=requests;w=seconds (draft of the IETF).',
    "RateLimit": '"name";r=requests left;t=seconds until they are given anew (draft of the IETF).',
}


def only_version_1(endpoints):
    """The addresses of `/api/v1/` and no other."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def complete(result, generator, request, public):
    """The document with what all operations share, and the kinds of problems by name."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM | {
        "examples": [
            {
                "type": f"{settings.ADDRESS}/problems/basis-required/",
                "title": "Say on which basis",
                "status": 409,
                "detail": "More than one basis lets you read this.",
                "instance": "4f3c9d0be11a4a7b8a52a5c1e2f7d9ab",
            }
        ]
    }
    result["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()
    }
    result["servers"] = [{"url": "/"}]  # where the document was read: the pages that try it may ask no other place
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                _complete_operation(path, method, operation)
    return result


def _complete_operation(path: str, method: str, operation: dict) -> None:
    words = path.removeprefix("/api/v1/").replace("{", "").replace("}", "").replace("/", "_").replace("-", "_")
    operation["operationId"] = f"{method}_{words}"
    is_open = method == "get" and not path.startswith(SIGNED_IN)
    operation["security"] = [{}, {"key": []}] if is_open else [{"key": []}]
    responses = operation["responses"]
    for response in responses.values():
        response["description"] = response.get("description") or "Done as asked."
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    statuses = ALWAYS | ({"404"} if "{" in path else set()) | (set() if is_open else {"401"})
    if method != "get":
        statuses |= WRITES
    if path.endswith(("/rows", "/columns")):
        statuses |= {"401", "403", "409", "410", "422"}
    if path.endswith(("/exports", "/file")):
        statuses |= {"403", "409", "410"}
    if method == "patch":
        statuses.add("412")
    if method == "get":
        responses.setdefault("304", {"description": "Nothing has changed since the ETag that you named."})
    for status in sorted(statuses):
        responses.setdefault(status, _problem(status))


def _problem(status: str) -> dict:
    kinds = [kind for kind in PROBLEM_TYPES.values() if str(kind.status) == status]
    return {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
