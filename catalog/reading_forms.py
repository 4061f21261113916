"""The forms of a load: the file, how it is to be read, and why a version is thrown away."""

from copy import deepcopy

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.codes import ColumnType
from catalog.forms import ActionForm
from catalog.ingest.footers import MOST_LINES
from catalog.ingest.limits import MOST_HEADER_ROWS
from catalog.models import Mode, Table
from catalog.reading_ways import offered_words, type_words, ways_of

ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("gb18030", "GB18030 (GBK, GB2312)"),
    ("big5hkscs", "Big5"),
    ("utf-16", "UTF-16"),
    ("cp1252", "Windows-1252"),
    ("cp1250", "Windows-1250"),
    ("cp1251", "Windows-1251"),
    ("iso-8859-15", "ISO 8859-15"),
    ("shift_jis", "Shift JIS"),
    ("euc-kr", "EUC-KR"),
]
DELIMITERS = [
    (",", gettext_lazy("Comma")),
    (";", gettext_lazy("Semicolon")),
    ("\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Vertical bar")),
    ("^", "^"),
    ("~", "~"),
]
ORDERS = {
    "dmy": gettext_lazy("day first"),
    "mdy": gettext_lazy("month first"),
    "ymd": gettext_lazy("year first"),
}
ORDERED = (ColumnType.DATE, ColumnType.TIMESTAMP)
MISFITS = [
    ("", gettext_lazy("Ask me each time")),
    ("empty", gettext_lazy("Leave them empty, keep their text")),
    ("stop", gettext_lazy("Stop: refuse the file")),
]
OFFER = "offer-"
ASKABLE = [kind for kind in ColumnType if kind != ColumnType.TIMESTAMPTZ]
NESTED = [
    ("columns", gettext_lazy("Columns with dots in their names")),
    ("json", gettext_lazy("JSON, as they are")),
]
CUT = ("encoding", "delimiter", "header_row", "header_rows", "nested")
SHAPE = (*CUT, "footer_rows")
OF_COLUMNS = ("types", "nulls", "misfits")


class LoadForm(ActionForm):
    """One file, and whether somebody wants to look first. A file that is too large counts as none."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        max_length=255,
        help_text=gettext_lazy(
            "CSV or another delimited text, XLSX, XLS, ODS, Parquet, JSON, GeoJSON, GeoPackage, Shapefile, KML; as it "
            "is, or packed with gzip, Zstandard or zip. A zip may hold several tables."
        ),
    )
    mode = forms.ChoiceField(
        required=False,
        label=gettext_lazy("What becomes of the rows that are there?"),
        widget=forms.RadioSelect,
        choices=Mode.choices,
        initial=Mode.REPLACE,
        help_text=gettext_lazy(
            "A file that is added has the same columns. The key is what the dictionary names as the row key."
        ),
    )
    confirm = forms.BooleanField(
        required=False,
        label=gettext_lazy("Make it current at once if it has the same columns as before and no bad cell"),
        help_text=gettext_lazy("Otherwise it waits until you have seen how it was read."),
    )

    def __init__(self, *args, grows: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not grows:
            del self.fields["mode"]
        words = _("Choose a file of at most %(limit)s GB.")
        self.fields["file"].error_messages["required"] = words % {"limit": f"{settings.UPLOAD_MAX_BYTES / 1024**3:.3g}"}


class DiscardForm(ActionForm):
    """Why a version is thrown away."""

    reason = forms.CharField(label=gettext_lazy("Why is it discarded?"), max_length=300)


class ReadingForm(ActionForm):
    """How one table is to be read again: whatever is left as detected is detected anew."""

    encoding = forms.ChoiceField(required=False, label=gettext_lazy("Encoding"))
    delimiter = forms.ChoiceField(required=False, label=gettext_lazy("Delimiter"))
    header_row = forms.IntegerField(
        required=False,
        min_value=0,
        label=gettext_lazy("Header row"),
        help_text=gettext_lazy("The row of the file that holds the names of the columns; 0 where there is none."),
    )
    header_rows = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_HEADER_ROWS,
        label=gettext_lazy("Rows of names"),
        help_text=gettext_lazy("Where names stand over several rows: how many. The header row is the last of them."),
    )
    footer_rows = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_LINES,
        label=gettext_lazy("Lines below the table"),
        help_text=gettext_lazy("How many of the last lines are no rows: sources, remarks, a total. 0 for none."),
    )
    nested = forms.ChoiceField(required=False, label=gettext_lazy("Nested values"))
    null_values = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Words for an empty cell"),
        help_text=gettext_lazy("Separated by spaces, for instance: NA - unknown"),
    )

    def __init__(self, data=None, *, table: Table, columns: list[dict], report: dict):
        super().__init__(data)
        self.table, self.columns = table, columns
        self.asked = report.get("asked", {})
        self.detected = report.get("tables", {}).get(table.name, {}).get("detected", {})
        self.own = own_settings(self.asked, table.name)
        self._offer("encoding", ENCODINGS)
        self._offer("delimiter", DELIMITERS)
        self._offer("nested", NESTED)
        for name in ("header_row", "header_rows", "footer_rows"):
            if name in self.detected:
                self.initial[name] = self.detected[name]
            else:
                del self.fields[name]
        self.initial["null_values"] = " ".join(self.own.get("null_values") or [])
        for number, column in enumerate(columns):
            self.fields[f"type_{number}"] = forms.ChoiceField(
                required=False, label=column["name"], choices=lazy(type_choices, list)(column)
            )
            asked = self.own.get("types", {}).get(column["name"], "")
            self.initial[f"type_{number}"] = asked
            if asked not in dict(self.fields[f"type_{number}"].choices):
                self.fields[f"type_{number}"].choices = [*type_choices(column), (asked, type_words(asked))]
            self._ask_of_misfits(number, column)

    @property
    def shape_fields(self) -> list:
        """The fields that say how the file is cut into cells, for the page to show first."""
        return [self[name] for name in (*SHAPE, "null_values") if name in self.fields]

    @property
    def type_fields(self) -> list:
        """For each column its description, the field that states its type, and the one about cells that do not fit."""
        names = [(column, f"type_{number}", f"misfits_{number}") for number, column in enumerate(self.columns)]
        return [(column, self[kind], self[act] if act in self.fields else None) for column, kind, act in names]

    def reading(self) -> dict:
        """The settings to read with: those asked for before, changed where this form says otherwise."""
        settings = deepcopy(self.asked)
        own = deepcopy(self.own)
        for name in SHAPE:
            if name in self.fields:
                stated = self.cleaned_data[name]
                detected = name not in own and stated in ("", None, self.detected.get(name))
                own[name] = None if detected or stated in ("", None) else stated
        own["null_values"] = self.cleaned_data["null_values"].split()
        same_columns = all(own.get(name) == self.own.get(name) for name in CUT)
        own |= self._of_columns(own) if same_columns else dict.fromkeys(OF_COLUMNS)
        for name in (*SHAPE, *OF_COLUMNS, "null_values"):
            settings.pop(name, None)
        stated = {name: value for name, value in own.items() if value or value == 0}
        settings.setdefault("tables", {})[self.table.name] = stated
        return settings

    def _of_columns(self, own: dict) -> dict:
        """What is stated of each column: its type, the words that are empty in it, what becomes of misfits."""
        types, nulls, misfits = (dict(own.get(name) or {}) for name in OF_COLUMNS)
        for number, column in enumerate(self.columns):
            name, kind = column["name"], self.cleaned_data[f"type_{number}"]
            if kind.startswith(OFFER):
                offer = column["offers"][int(kind.removeprefix(OFFER))]
                kind, nulls[name] = offer["type"], offer["nulls"]
            elif kind != types.get(name, ""):
                nulls.pop(name, None)
            types[name], misfits[name] = kind, self.cleaned_data.get(f"misfits_{number}", misfits.get(name))
        return {
            stated: {name: value for name, value in of_column.items() if value}
            for stated, of_column in zip(OF_COLUMNS, (types, nulls, misfits), strict=True)
        }

    def _ask_of_misfits(self, number: int, column: dict) -> None:
        """Asks about a column with cells that do not fit, or of which something was said before."""
        stated = self.own.get("misfits", {}).get(column["name"], "")
        if column.get("bad_cells") or stated:
            label = _("Cells of %(name)s that do not fit") % {"name": column["name"]}
            self.fields[f"misfits_{number}"] = forms.ChoiceField(required=False, label=label, choices=MISFITS)
            self.initial[f"misfits_{number}"] = stated

    def _offer(self, name: str, choices: list) -> None:
        """Offers the choices for what can be stated of this kind of file, the detected one as the first."""
        if name not in self.detected:
            del self.fields[name]
            return
        held = self.detected[name]
        label = dict(choices).get(held, held)
        self.fields[name].choices = [("", _("As detected: %(what)s") % {"what": label}), *choices]
        self.initial[name] = self.own.get(name) or ""


def own_settings(asked: dict, table: str) -> dict:
    """What was asked for one table: what the settings say of all tables, and of it."""
    shared = {name: asked[name] for name in (*SHAPE, *OF_COLUMNS, "null_values") if asked.get(name)}
    return {**shared, **asked.get("tables", {}).get(table, {})}


def type_choices(column: dict) -> list[tuple[str, str]]:
    """The types that a column can be read as, the detected one first."""
    detected = _("As detected: %(what)s") % {"what": ColumnType(column["type"]).label}
    choices = [("", detected)]
    choices += [(f"{OFFER}{n}", offered_words(offer)) for n, offer in enumerate(column.get("offers") or [])]
    for kind in ASKABLE:
        choices.append((kind.value, str(kind.label)))
        if kind in ORDERED:
            choices += [(f"{kind.value}:{order}", f"{kind.label}, {words}") for order, words in ORDERS.items()]
        choices += ways_of(kind)
    return choices
