"""What the API says of each noun. The same classes are read to write the OpenAPI document."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog import codes
from catalog.models import Basis, Dataset, Department, Distribution, Format, Job, Mode, Scope, Version

NOT_SETTABLE = _("This cannot be set here.")
NOT_AN_OBJECT = _("This must be a JSON object.")


class DepartmentName(serializers.Serializer):
    """A department where it is only named."""

    code = serializers.CharField()
    name = serializers.CharField(help_text="In the language of the request.")


class DepartmentSerializer(DepartmentName):
    """A department with what it is for."""

    name_en = serializers.CharField()
    name_zh = serializers.CharField()
    kind = serializers.ChoiceField(choices=Department.Kind.choices)
    parent = serializers.CharField(source="parent.code", default=None, allow_null=True)
    duties = serializers.CharField()
    contact_email = serializers.CharField()
    datasets = serializers.IntegerField(source="seen", help_text="How many of its datasets you may know of.")


class ThemeSerializer(serializers.Serializer):
    """A theme of the code list."""

    code = serializers.CharField()
    name = serializers.CharField()
    datasets = serializers.IntegerField(help_text="How many datasets of it you may know of.")


class DatasetSerializer(serializers.Serializer):
    """A dataset in a list."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(help_text="In the language of the request (Accept-Language).")
    title_en = serializers.CharField()
    title_zh = serializers.CharField()
    description = serializers.CharField()
    description_en = serializers.CharField()
    description_zh = serializers.CharField()
    keywords = serializers.ListField(child=serializers.CharField())
    department = DepartmentName()
    theme = serializers.ChoiceField(choices=codes.Theme.choices)
    licence = serializers.ChoiceField(choices=codes.Licence.choices)
    frequency = serializers.ChoiceField(choices=codes.Frequency.choices)
    sharing_class = serializers.ChoiceField(choices=codes.SharingClass.choices)
    opening_class = serializers.ChoiceField(choices=codes.OpeningClass.choices)
    state = serializers.ChoiceField(choices=Dataset.State.choices)
    updated_at = serializers.SerializerMethodField(
        help_text="When it last changed; for the public, when it was last released."
    )
    url = serializers.SerializerMethodField(help_text="This dataset in the API.")
    page = serializers.SerializerMethodField(help_text="Its page for people.")

    @extend_schema_field(serializers.DateTimeField())
    def get_updated_at(self, dataset) -> str:
        shown = getattr(dataset, "shown_at", dataset.updated_at)  # without: its own steward has just changed it
        return serializers.DateTimeField().to_representation(shown)

    def get_url(self, dataset) -> str:
        return self.context["request"].build_absolute_uri(reverse("api-dataset", args=[dataset.pk]))

    def get_page(self, dataset) -> str:
        return self.context["request"].build_absolute_uri(reverse("dataset", args=[dataset.pk]))


class ColumnSerializer(serializers.Serializer):
    """A column that a basis lets out."""

    name = serializers.CharField()
    title = serializers.CharField()
    type = serializers.ChoiceField(choices=codes.ColumnType.choices, help_text="As it leaves, after the mask.")
    unit = serializers.CharField()
    meaning = serializers.CharField()
    code_list = serializers.CharField()
    sensitivity = serializers.ChoiceField(choices=codes.Sensitivity.choices)
    identity_role = serializers.ChoiceField(choices=codes.IdentityRole.choices)
    row_key = serializers.BooleanField(help_text="One of the columns that together name a row, as you see them.")
    mask = serializers.CharField(allow_null=True, help_text="How its values are coarsened; null where they are not.")


class TableSerializer(serializers.Serializer):
    """A table as one basis lets it out."""

    name = serializers.CharField()
    basis = serializers.UUIDField()
    version = serializers.IntegerField()
    rows = serializers.IntegerField(
        allow_null=True, help_text="How many rows the basis lets out; null until they are counted."
    )
    url = serializers.CharField(help_text="Its rows.")
    columns = ColumnSerializer(many=True)


class VersionSerializer(serializers.Serializer):
    """A version that the caller may open."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Version.State.choices)
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    rows_url = serializers.SerializerMethodField(help_text="Its rows, under this address for ever.")

    def get_rows_url(self, version) -> str:
        address = reverse("api-version-rows", args=[version.dataset_id, version.number])
        return self.context["request"].build_absolute_uri(address)


class RetypedSerializer(serializers.Serializer):
    """A column that is of another type."""

    name = serializers.CharField()
    before = serializers.ChoiceField(choices=codes.ColumnType.choices)
    after = serializers.ChoiceField(choices=codes.ColumnType.choices)


class ColumnChangesSerializer(serializers.Serializer):
    """How the columns differ that you may read."""

    added = serializers.ListField(child=serializers.CharField())
    gone = serializers.ListField(child=serializers.CharField())
    retyped = serializers.SerializerMethodField()

    @extend_schema_field(RetypedSerializer(many=True))
    def get_retyped(self, columns) -> list[dict]:
        return [dict(zip(("name", "before", "after"), one, strict=True)) for one in columns.retyped]


class TableChangesSerializer(serializers.Serializer):
    """What changed in one table, as you may read it."""

    table = serializers.CharField(source="name")
    key = serializers.ListField(child=serializers.CharField(), help_text="Empty where whole rows are compared.")
    added = serializers.IntegerField(source="rows.added", default=None, allow_null=True)
    removed = serializers.IntegerField(source="rows.removed", default=None, allow_null=True)
    changed = serializers.IntegerField(source="rows.changed", default=None, allow_null=True)
    columns = ColumnChangesSerializer()


class DestroyedSerializer(serializers.Serializer):
    """When a version was destroyed, and by what law."""

    at = serializers.DateTimeField(source="decided_at")
    law = serializers.CharField()
    article = serializers.CharField()


class VersionLineSerializer(VersionSerializer):
    """A version in the list, with what changed since the one before that you may open in the same way."""

    number = serializers.IntegerField(source="version.number")
    state = serializers.ChoiceField(choices=Version.State.choices, source="version.state")
    created_at = serializers.DateTimeField(source="version.created_at")
    confirmed_at = serializers.DateTimeField(source="version.confirmed_at", allow_null=True)
    basis = serializers.UUIDField(source="basis.pk")
    rows = serializers.IntegerField(allow_null=True, help_text="How many you may read; null until they are counted.")
    bytes = serializers.IntegerField(allow_null=True, help_text="Of the stored tables, or of your built CSV files.")
    since = serializers.IntegerField(
        source="pair.since.number", default=None, allow_null=True, help_text="The version that it is compared with."
    )
    changes = TableChangesSerializer(many=True, source="tables")
    destroyed = DestroyedSerializer(
        source="version.purge", default=None, allow_null=True, help_text="null where it was not destroyed by law."
    )
    diff_url = serializers.SerializerMethodField(help_text="The changed rows; null for the first version.")

    def get_rows_url(self, line) -> str:
        return super().get_rows_url(line.version)

    def get_diff_url(self, line) -> str | None:
        if line.pair is None:
            return None
        address = reverse("api-diff", args=[line.version.dataset_id])
        asked = f"from={line.pair.since.number}&to={line.version.number}&basis={line.basis.pk}"
        return self.context["request"].build_absolute_uri(f"{address}?{asked}")


class FileSerializer(serializers.Serializer):
    """A built file."""

    table = serializers.CharField()
    format = serializers.ChoiceField(choices=Format.choices)
    url = serializers.SerializerMethodField()
    name = serializers.CharField()
    media_type = serializers.SerializerMethodField()
    bytes = serializers.IntegerField()
    rows = serializers.IntegerField()
    sha256 = serializers.CharField()
    version = serializers.IntegerField(source="version.number")
    built_at = serializers.DateTimeField()

    def get_url(self, file: Distribution) -> str:
        return self.context["request"].build_absolute_uri(reverse("file", args=[file.pk, file.name]))

    def get_media_type(self, file: Distribution) -> str:
        return Format(file.format).media_type


class LinkSerializer(serializers.Serializer):
    """An address elsewhere."""

    title = serializers.CharField()
    url = serializers.CharField()


class DocumentSerializer(serializers.Serializer):
    """A file that has no rows."""

    title = serializers.CharField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_url(self, document) -> str:
        return self.context["request"].build_absolute_uri(reverse("document", args=[document.pk, document.name]))


class BasisSerializer(serializers.Serializer):
    """A basis that lets the caller in."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Basis.Kind.choices)
    purpose = serializers.CharField()
    legal_basis = serializers.CharField()
    valid_until = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="The version that it shows where none is named.")


class DatasetDetailSerializer(DatasetSerializer):
    """All that the caller may know of a dataset."""

    contact_name = serializers.CharField()
    contact_email = serializers.CharField()
    coverage_from = serializers.DateField(allow_null=True)
    coverage_until = serializers.DateField(allow_null=True)
    place = serializers.CharField()
    language = serializers.ChoiceField(choices=codes.Language.choices)
    legal_basis = serializers.CharField()
    sharing_law = serializers.CharField()
    licence_url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    tables = TableSerializer(many=True, source="seen_tables")
    versions = VersionSerializer(many=True, source="seen_versions")
    files = FileSerializer(many=True, source="seen_files")
    links = LinkSerializer(many=True, source="seen_links")
    documents = DocumentSerializer(many=True, source="seen_documents")
    basis = BasisSerializer(many=True, source="seen_bases")

    def get_licence_url(self, dataset) -> str:
        return codes.Licence(dataset.licence).address


class DatasetInput(serializers.Serializer):
    """The description of a dataset. What is left out of a change stays as it is."""

    department = serializers.CharField(help_text="The code of your department. Only when it is made.", required=False)
    title_en = serializers.CharField(required=False, allow_blank=True)
    title_zh = serializers.CharField(required=False, allow_blank=True)
    description_en = serializers.CharField(required=False, allow_blank=True)
    description_zh = serializers.CharField(required=False, allow_blank=True)
    keywords_en = serializers.ListField(child=serializers.CharField(), required=False)
    keywords_zh = serializers.ListField(child=serializers.CharField(), required=False)
    theme = serializers.ChoiceField(choices=codes.Theme.choices, required=False)
    contact_name = serializers.CharField(required=False, allow_blank=True)
    contact_email = serializers.EmailField(required=False, allow_blank=True)
    frequency = serializers.ChoiceField(choices=codes.Frequency.choices, required=False)
    coverage_from = serializers.DateField(required=False, allow_null=True)
    coverage_until = serializers.DateField(required=False, allow_null=True)
    place_en = serializers.CharField(required=False, allow_blank=True)
    place_zh = serializers.CharField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=codes.Language.choices, required=False)
    licence = serializers.ChoiceField(choices=codes.Licence.choices, required=False)
    legal_basis = serializers.CharField(required=False, allow_blank=True)
    sharing_class = serializers.ChoiceField(choices=codes.SharingClass.choices, required=False)
    sharing_law = serializers.CharField(required=False, allow_blank=True)
    opening_class = serializers.ChoiceField(choices=codes.OpeningClass.choices, required=False)

    def validate(self, attrs):
        unknown = self.initial_data.keys() - self.fields.keys()
        if unknown:
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), NOT_SETTABLE))
        return attrs


class VersionInput(serializers.Serializer):
    """A file to load."""

    file = serializers.FileField(help_text="CSV, TSV, XLSX, GeoJSON, or one of them in gzip or ZIP.")
    reading = serializers.JSONField(
        required=False, help_text="How to read it, as an earlier version's reading; what is left out is detected."
    )
    mode = serializers.ChoiceField(
        choices=Mode.choices,
        required=False,
        default=Mode.REPLACE,
        help_text="`replace` all rows, `append` to them, or `upsert`: take the place of those with the same row key.",
    )
    confirm = serializers.BooleanField(
        required=False, default=True, help_text="Make it the current version when nothing is left to ask."
    )

    def validate_reading(self, value):
        if not isinstance(value, dict):
            raise serializers.ValidationError(NOT_AN_OBJECT)
        return value


class ReasonInput(serializers.Serializer):
    """Why."""

    reason = serializers.CharField()


class JobError(serializers.Serializer):
    """Why a load failed, in words."""

    code = serializers.CharField()
    sentence = serializers.CharField()
    row = serializers.IntegerField(allow_null=True, required=False)
    column = serializers.CharField(allow_null=True, required=False)


class JobSerializer(serializers.Serializer):
    """A load: where it is, and how it ended."""

    id = serializers.UUIDField()
    dataset = serializers.UUIDField(source="dataset_id")
    state = serializers.ChoiceField(choices=Job.State.choices)
    stage = serializers.CharField()
    rows_done = serializers.IntegerField()
    bytes_done = serializers.IntegerField()
    bytes_total = serializers.IntegerField()
    seconds_left = serializers.IntegerField(allow_null=True, help_text="About; null where nothing can be said.")
    error = serializers.SerializerMethodField(help_text="null where nothing is wrong.")
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    version_state = serializers.ChoiceField(
        choices=Version.State.choices, source="version.state", default=None, allow_null=True
    )
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_error(self, job) -> JobError(allow_null=True):
        if not job.error:
            return None
        return {name: job.error.get(name) for name in ("code", "sentence", "row", "column")}


class KeySerializer(serializers.Serializer):
    """A key of one's own, without its secret."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField()
    start = serializers.CharField(read_only=True, help_text="Its first characters, to recognise it by.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    datasets = serializers.SerializerMethodField(help_text="Those it is for; empty for all that you may read.")
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_datasets(self, key) -> list[str]:
        return [str(dataset.pk) for dataset in key.datasets.all()]


class KeyInput(serializers.Serializer):
    """A key to make."""

    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires_at = serializers.DateTimeField()
    datasets = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=100)


class NewKeySerializer(KeySerializer):
    """A key just made, with its secret."""

    key = serializers.CharField(help_text="The key itself. It is shown this once only.")


class FacetOption(serializers.Serializer):
    """One value of a facet."""

    code = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer):
    """How many of all hits each value has."""

    theme = FacetOption(many=True)
    department = FacetOption(many=True)
    format = FacetOption(many=True)
    licence = FacetOption(many=True)
    update = FacetOption(many=True, help_text="Whether the promised update was kept.")
    place = FacetOption(many=True)
    geo = FacetOption(many=True, help_text="Those that have places on a map.")
    api = FacetOption(many=True, help_text="Those whose rows can be read by program.")
    opening = FacetOption(many=True)


class PageSerializer(serializers.Serializer):
    """A page of a list."""

    total = serializers.IntegerField(allow_null=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it as “after” to get the next page.")
