"""How each operation is described in the OpenAPI document: its words, parameters and answers."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from catalog import codes
from catalog.api import serializers as shapes
from catalog.api.suggest_shapes import SuggestionSerializer
from catalog.models import Format
from catalog.rows.comparing import KINDS
from catalog.rows.formats import Streamed
from catalog.search.query import SORTS

DATASETS, ROWS, LOADING, LISTS, KEYS = "Datasets", "Rows and files", "Loading", "Code lists", "Keys"


def query(name: str, text: str, kind=OpenApiTypes.STR, **more) -> OpenApiParameter:
    """A parameter of the address."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=text, **more)


def header(name: str, text: str) -> OpenApiParameter:
    """A header of the request."""
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text)


def listed(name: str, item, **fields):
    """The shape of a list's page."""
    return inline_serializer(name, {"results": item(many=True), **fields})


TOTAL = serializers.IntegerField(allow_null=True)
MANIFEST = serializers.URLField(
    allow_null=True, help_text="The release's manifest: its columns, and its files with their digests, as JSON."
)
NEXT = serializers.CharField(allow_null=True, help_text="Pass it as “after” for the next page; null on the last one.")
ZONE = (
    "A zone of IANA's list, such as `Asia/Shanghai`: moments are shown in it, days and hours reckoned in it, and "
    "moments in conditions that name no zone are meant in it. Parquet and Arrow hold the moments."
)
AFTER = query("after", "The “next” of the page before.")
IF_NONE_MATCH = header("If-None-Match", "An ETag that you hold: 304 where nothing has changed.")
IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "Any text of your choosing, new for each new request. Sent again within 24 hours, the request is answered as it "
    "was the first time and not carried out twice.",
)
BASIS = query("basis", "The identifier of the basis to read under, where several let you in.", OpenApiTypes.UUID)

AS_OF = query(
    "as_of",
    "The version that was current at this time, under your basis: a date (the end of that day in the city), or a time "
    "with its zone. 404 `no-version` where none was.",
    examples=[OpenApiExample("On a day", "2026-03-01"), OpenApiExample("At a time", "2026-03-01T12:00:00Z")],
)
A_ROW = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
}


def page_size(default: int, most: int) -> OpenApiParameter:
    """How many items a page has."""
    return query(
        "limit", f"How many, 1 to {most}.", {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    )


LIST_DATASETS = {
    "tags": [DATASETS],
    "summary": "Find datasets",
    "description": "The datasets that you may know of: everybody those that are open, officers also those that may be "
    "asked for, stewards all of their department. Without `q` the newest come first, with it the best hits.",
    "parameters": [
        query("q", "Words to search for, in English or Chinese."),
        query("theme", "Code of a theme.", enum=codes.Theme.values, many=True),
        query("department", "Code of a department.", many=True),
        query("format", "A format in which a file is offered.", enum=Format.values, many=True),
        query("licence", "Code of a licence.", enum=codes.Licence.values, many=True),
        query("update", "Whether the promised update was kept.", enum=codes.UpdateState.values, many=True),
        query("place", "A place, as `facets` names it.", many=True),
        query("geo", "Only with places on a map.", enum=codes.Yes.values),
        query("api", "Only with rows that can be read by program.", enum=codes.Yes.values),
        query("opening", "Opening class.", enum=codes.OpeningClass.values, many=True),
        query("from", "Only what covers this day or a later one: a year, a month or a day."),
        query("to", "Only what covers this day or an earlier one: a year, a month or a day."),
        query("sort", "The order; without it the best hits first, or the newest where there are no words.", enum=SORTS),
        page_size(20, 100),
        AFTER,
        IF_NONE_MATCH,
    ],
    "responses": {
        200: listed("DatasetPage", shapes.DatasetSerializer, total=TOTAL, next=NEXT, facets=shapes.FacetsSerializer())
    },
}
SUGGEST = {
    "tags": [DATASETS],
    "summary": "Suggest while one types",
    "description": "Datasets, columns, departments and frequent words that the first letters may mean, of what you may "
    "know of. At most fourteen.",
    "parameters": [query("q", "The first letters, at most 200 characters."), IF_NONE_MATCH],
    "responses": {200: listed("Suggestions", SuggestionSerializer)},
}
GET_DATASET = {
    "tags": [DATASETS],
    "summary": "Read a dataset's description",
    "description": "With the tables, columns, versions and files of the bases that let you in, and those bases. Where "
    "you may know of the dataset and no basis lets you in, `basis` is empty and so are they.",
    "parameters": [IF_NONE_MATCH],
    "responses": {200: shapes.DatasetDetailSerializer},
}
CREATE_DATASET = {
    "tags": [DATASETS],
    "summary": "Make a dataset",
    "description": "A draft of your department. For its stewards, by a key with the scope `write`.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": shapes.DatasetInput,
    "responses": {201: shapes.DatasetDetailSerializer},
    "examples": [
        OpenApiExample(
            "A dataset of Parks",
            request_only=True,
            value={
                "department": "parks",
                "title_en": "Trees in streets",
                "title_zh": "行道树",
                "description_en": "Each tree in a public street, with species and year of planting.",
                "theme": "environment",
                "frequency": "annual",
                "licence": "cc-by-4.0",
                "sharing_class": "unconditional",
                "opening_class": "open",
            },
        )
    ],
}
CHANGE_DATASET = {
    "tags": [DATASETS],
    "summary": "Change a dataset's description",
    "description": "Send only what changes; each change is kept with who and when. For stewards of the department.",
    "parameters": [header("If-Match", "The ETag of what you read: 412 where somebody has changed it since.")],
    "request": shapes.DatasetInput,
    "responses": {200: shapes.DatasetDetailSerializer},
}
ACTIVATE_DATASET = {
    "tags": [DATASETS],
    "summary": "Put a draft into the catalogue",
    "description": "From then on the officers of the city know of it. For stewards of the department.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": None,
    "responses": {200: shapes.DatasetDetailSerializer},
}
RETIRE_DATASET = {
    "tags": [DATASETS],
    "summary": "Retire a dataset",
    "description": "Nothing is loaded, lent or opened of it any more, and its grants are suspended."
    " For stewards of the department.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": shapes.ReasonInput,
    "responses": {200: shapes.DatasetDetailSerializer},
}
RESTORE_DATASET = {
    "tags": [DATASETS],
    "summary": "Restore a retired dataset",
    "description": "It is active again. For stewards of the department.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": None,
    "responses": {200: shapes.DatasetDetailSerializer},
}

ROW_PAGE = {
    "type": "object",
    "required": ["results", "next", "total", "version", "table", "basis"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "description": "Column name to value.",
                "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            },
        },
        "next": {"type": ["string", "null"], "description": "Pass it as “after”; null on the last page."},
        "total": {
            "type": ["integer", "null"],
            "description": "How many rows match, exactly; null where that was not counted: ask with total=true.",
        },
        "version": {"type": "integer"},
        "table": {"type": "string"},
        "basis": {"type": "string", "format": "uuid"},
    },
    "example": {
        "results": [{"species": "Ginkgo biloba", "district": "North", "planted": "1998-03-12", "height_m": 12.5}],
        "next": "q1c2…",
        "total": 48211,
        "version": 3,
        "table": "main",
        "basis": "0190f6f0-5d5c-7c8e-9d49-3f2f3f0f9a11",
    },
}
LIST_ROWS = {
    "tags": [ROWS],
    "summary": "Read rows",
    "description": "A page of rows as JSON, or, with `format`, all that match as a file that is made while you read it."
    "\n\nFilter with `column=value`, or `column__gte=value` (`eq ne gt gte lt lte in isnull`), or with a condition in "
    "`where`. Whole numbers beyond 2^53 and decimals that a double does not hold exactly are text, so that no digit is "
    "lost; dates and times are ISO 8601, moments in UTC. Geometry is GeoJSON in WGS 84. A column that the basis does "
    "not let out does not exist here.\n\nThe address without a version follows the newest one; with "
    "`/versions/{number}/` the rows never change.",
    "parameters": [
        BASIS,
        query("select", "Columns, expressions over them, and sums (count, median ...), with commas; `as` names one."),
        query("where", "A condition: `district = 'North' and year(day) >= 2026`."),
        query("q", "Words that any text column must hold, in small or capital letters."),
        query("group_by", "Columns, names given in `select`, or expressions to group by."),
        query("having", "A condition on what `select` names, after grouping: `n > 10`."),
        query("distinct", "`true` gives each different row once.", OpenApiTypes.BOOL),
        query("sample", "So many of the matching rows, spread over all, the same each time.", OpenApiTypes.INT),
        query("facets", "Up to five columns, with commas: their 20 most frequent values among the rows that match."),
        query("order_by", "Columns to order by; a minus before a name turns it round."),
        OpenApiParameter(
            "filters",
            {"type": "object", "additionalProperties": {"type": "string"}},
            OpenApiParameter.QUERY,
            style="form",
            explode=True,
            description="`column=value` and `column__operator=value`, as many as you like.",
        ),
        page_size(100, 10_000),
        AFTER,
        AS_OF,
        query("format", "The form of the answer; without it JSON in pages.", enum=["json", *Format.values, *Streamed]),
        query("timezone", ZONE),
        query("total", "`true` counts the matching rows where that is not known anyway.", OpenApiTypes.BOOL),
        IF_NONE_MATCH,
    ],
    "responses": {
        (200, "application/json"): ROW_PAGE,
        **{
            (200, kind.media_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY)
            for kind in [*Format, *Streamed]
            if kind is not Format.CSV_BOM
        },
    },
}
CHANGE_PAGE = {
    "type": "object",
    "required": ["results", "next", "total", "from", "to", "table", "key", "columns", "basis"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["change", "key", "before", "after", "columns"],
                "properties": {
                    "change": {"type": "string", "enum": list(KINDS)},
                    "key": {**A_ROW, "description": "What names the row; null where whole rows are compared."},
                    "before": {**A_ROW, "description": "The row in the older version; null where it was added."},
                    "after": {**A_ROW, "description": "The row in the newer version; null where it was removed."},
                    "columns": {"type": "array", "items": {"type": "string"}, "description": "Those that differ."},
                },
            },
        },
        "next": {"type": ["string", "null"], "description": "Pass it as “after”; null on the last page."},
        "total": {
            "type": ["object", "null"],
            "description": "How many rows came, went and changed; null unless asked for with total=true.",
            "properties": {kind: {"type": "integer"} for kind in KINDS},
        },
        "from": {"type": "integer"},
        "to": {"type": "integer"},
        "table": {"type": "string"},
        "key": {"type": "array", "items": {"type": "string"}, "description": "Empty where whole rows are compared."},
        "columns": {
            "type": "object",
            "description": "Columns that came, went, or are of another type. They alone make no row a changed one.",
            "properties": {
                "added": {"type": "array", "items": {"type": "string"}},
                "gone": {"type": "array", "items": {"type": "string"}},
                "retyped": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {name: {"type": "string"} for name in ("name", "before", "after")},
                    },
                },
            },
        },
        "basis": {"type": "string", "format": "uuid"},
    },
    "example": {
        "results": [
            {
                "change": "changed",
                "key": {"tree": 10234},
                "before": {"tree": 10234, "species": "Ginkgo biloba", "height_m": 12.5},
                "after": {"tree": 10234, "species": "Ginkgo biloba", "height_m": 13.0},
                "columns": ["height_m"],
            }
        ],
        "next": "q1c2…",
        "total": {"added": 12, "removed": 3, "changed": 1840},
        "from": 2,
        "to": 3,
        "table": "main",
        "key": ["tree"],
        "columns": {"added": ["crown_m"], "gone": [], "retyped": []},
        "basis": "0190f6f0-5d5c-7c8e-9d49-3f2f3f0f9a11",
    },
}
COMPARE_VERSIONS = {
    "tags": [ROWS],
    "summary": "Compare two versions",
    "description": "The rows that were added, removed or changed from one version to another: added and changed ones "
    "in the order of the newer version, then the removed ones. Both versions are read as the basis lets them out, "
    "masks, row filter and hidden columns first: a change in what you may not see is no change, and a row that left "
    "the row filter is a removed one.\n\nRows are held together by the key that the owner names in the dictionary "
    "(`row_key` of a column). Without one that you see whole, and among rows that share a key, whole rows are "
    "compared: a row that changed is then one removed and one added.",
    "parameters": [
        query("from", "The number of the older version; without it, the one before `to`.", OpenApiTypes.INT),
        query("to", "The number of the newer version; without it, the newest that you may open.", OpenApiTypes.INT),
        AS_OF,
        BASIS,
        query("change", "Only changes of this kind.", enum=list(KINDS)),
        page_size(100, 10_000),
        AFTER,
        query("total", "`true` counts all changes of each kind.", OpenApiTypes.BOOL),
        IF_NONE_MATCH,
    ],
    "responses": {(200, "application/json"): CHANGE_PAGE},
}
LIST_COLUMNS = {
    "tags": [ROWS],
    "summary": "Read the dictionary",
    "description": "The columns that a basis lets out, with type, unit, meaning and mask.",
    "parameters": [BASIS, IF_NONE_MATCH],
    "responses": {
        200: inline_serializer(
            "ColumnList",
            {
                "results": type(
                    "TableColumnSerializer", (shapes.ColumnSerializer,), {"table": serializers.CharField()}
                )(many=True),
                "version": serializers.IntegerField(),
                "basis": serializers.UUIDField(),
            },
        )
    },
}
LIST_VERSIONS = {
    "tags": [ROWS],
    "summary": "List versions",
    "description": "The versions that your bases open, newest first, each with what changed since the one before: "
    "columns, and rows by the row key, as the same basis lets out the two (of releases, the two releases). Where "
    "several bases open a version, it is listed under your duty, else a grant, else the release. Rows that nobody "
    "has counted yet are null: a diff with `total=true` counts them.",
    "parameters": [page_size(20, 100), AFTER, IF_NONE_MATCH],
    "responses": {200: listed("VersionPage", shapes.VersionLineSerializer, next=NEXT)},
}
LIST_FILES = {
    "tags": [ROWS],
    "summary": "List built files",
    "description": "Files of the newest version that you may open, or of the numbered one: with length, SHA-256, ETag "
    "and ranges, so that a broken download goes on where it stopped.",
    "parameters": [AS_OF, IF_NONE_MATCH],
    "responses": {200: listed("FileList", shapes.FileSerializer, manifest=MANIFEST)},
}
LOAD_VERSION = {
    "tags": [LOADING],
    "summary": "Load a file as the next version",
    "description": "Answers at once with a job; ask its address in `Location` until `state` is `done` or `failed`. The "
    "same file twice makes no second version. For stewards of the department.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": {"multipart/form-data": shapes.VersionInput},
    "responses": {202: OpenApiResponse(shapes.JobSerializer, description="Accepted; see Location.")},
}
GET_JOB = {
    "tags": [LOADING],
    "summary": "See how a load goes",
    "description": "For stewards of the department that owns the dataset.",
    "responses": {200: shapes.JobSerializer},
}
LIST_DEPARTMENTS = {
    "tags": [LISTS],
    "summary": "List departments",
    "description": "The city and its departments, by code.",
    "parameters": [page_size(20, 100), AFTER, IF_NONE_MATCH],
    "responses": {200: listed("DepartmentPage", shapes.DepartmentSerializer, total=TOTAL, next=NEXT)},
}
LIST_THEMES = {
    "tags": [LISTS],
    "summary": "List themes",
    "description": "The code list of themes.",
    "parameters": [IF_NONE_MATCH],
    "responses": {200: listed("ThemeList", shapes.ThemeSerializer)},
}
LIST_KEYS = {
    "tags": [KEYS],
    "summary": "List your keys",
    "description": "Live, ended and revoked ones, newest first; never their secrets.",
    "parameters": [page_size(20, 100), AFTER],
    "responses": {200: listed("KeyPage", shapes.KeySerializer, next=NEXT)},
}
MAKE_KEY = {
    "tags": [KEYS],
    "summary": "Make a key",
    "description": "Only for a person signed in with a browser. A key cannot make keys: whoever found a lost one could "
    "otherwise stay in after it was revoked. The answer shows the key this once.",
    "request": shapes.KeyInput,
    "responses": {201: shapes.NewKeySerializer},
}
GET_KEY = {"tags": [KEYS], "summary": "Look at one of your keys", "responses": {200: shapes.KeySerializer}}
REVOKE_KEY = {
    "tags": [KEYS],
    "summary": "Revoke one of your keys",
    "description": "It opens nothing from now on, in a download under way too. A key may revoke itself and no other.",
    "request": None,
    "responses": {204: None},
}
