"""Why a file could not be read: one code and one sentence that says what to do for each reason."""

SENTENCES = {
    "empty-file": "The file is empty. Upload a file with a header row and at least one row below it.",
    "no-rows": "The file has a header but no rows. Upload a file with at least one row below the header.",
    "nul-bytes": "The file is not text: byte {byte} is NUL. Save it as CSV (UTF-8) or XLSX and upload that.",
    "undecodable": "The text is in no encoding we know (tried {tried}). Save it as CSV UTF-8, or state its encoding.",
    "wrong-encoding": "The file is not {encoding}: byte {byte} cannot be read. Choose another encoding, or none.",
    "unknown-encoding": "{encoding} is not an encoding we read. Choose one of: {known}.",
    "bad-setting": "The setting {setting} cannot be {value}. {hint}",
    "line-too-long": "Line {line} is longer than {limit} MB. Check that the file has line breaks and upload it again.",
    "too-many-columns": "The table has {columns} columns; the limit is {limit}. Turn columns into rows, or split it.",
    "quote-never-closed": "A quotation mark opened in row {row} is never closed. Close it and upload the file again.",
    "no-header": "Row {row} was to be the header, but the file ends before it. Choose another header row.",
    "damaged-archive": "The archive is damaged or cut short. Pack the file again, or upload it unpacked.",
    "encrypted-archive": "The archive is protected by a password. Remove the password and upload it again.",
    "nested-archive": "{member} is an archive inside an archive. Unpack it and upload the files in one plain archive.",
    "archive-bomb": "The archive unpacks to more than {ratio} times its size. Upload the data file itself.",
    "archive-too-many": "The archive holds {members} files; the limit is {limit}. Upload only the files with the data.",
    "too-large": "The file unpacks to more than {limit} GB. Split it and upload the parts as separate tables.",
    "unsafe-name": "The archive names a file outside itself ({member}). Pack the files again without paths.",
    "no-data-inside": "The archive holds no file that we can read as a table. Pack CSV, XLSX or GeoJSON files.",
    "encrypted-workbook": "The workbook is protected by a password. Remove the password and upload it again.",
    "binary-workbook": "This is a binary Excel file (.xlsb). Save it as XLSX or CSV and upload that.",
    "damaged-workbook": "The workbook is damaged and cannot be opened. Save it again as XLSX and upload that.",
    "hostile-workbook": "The workbook defines XML entities, which no spreadsheet needs. Save it again as XLSX.",
    "no-sheet": "The workbook has no visible sheet with rows. Show the sheet that holds the data and save it again.",
    "unknown-sheet": "The workbook has no sheet named {sheet}. Its sheets are: {sheets}.",
    "damaged-parquet": "The Parquet file is damaged or cut short ({reason}). Export it again.",
    "damaged-map": "The map is damaged, or not what it seems ({reason}). Export it again.",
    "shapefile-part": "This is one file of a Shapefile. Pack its .shp, .shx, .dbf and .prj into one zip.",
    "hostile-map": "The map defines XML entities, which no map needs. Export it again.",
    "unknown-crs": "The map states a coordinate system that we do not know ({crs}). Export it in WGS 84 (EPSG:4326).",
    "html": "This is a web page, not a table. Open it in a spreadsheet and save it as XLSX or CSV.",
    "pdf": "This is a PDF, which holds no rows. Upload the table behind it as CSV or XLSX.",
    "gml": "This is GML, which we do not read. Export the map as GeoPackage or GeoJSON and upload that.",
    "xml": "This is an XML file. Export the table as CSV or XLSX, or the map as GeoJSON, and upload that.",
    "other-format": "This is a file of the kind {kind}, which we do not read. Save it as CSV, XLSX or GeoJSON.",
    "bad-json": "The JSON breaks off or is not well formed: {reason}. Export it again.",
    "topojson": "This is TopoJSON. Export it as GeoJSON (a FeatureCollection) and upload that.",
    "json-shape": "This JSON is neither a GeoJSON FeatureCollection nor a list of records. Export one of these.",
    "json-record": "Item {row} of the list is not a record with names and values. Export a list of records.",
    "unknown-type": "{type} is not a type. Choose one of: {known}.",
    "unknown-column": "The settings name a column {column} that the table {table} does not have.",
    "unknown-table": "The settings name a table {table} that the file does not have. Its tables are: {tables}.",
    "misfits": "{count} cells of {column} do not fit (first: row {row}, {text}). You asked to stop there. Correct the "
    "file, or choose again how to read it.",
    "too-many-digits": "The numbers of {column} have more than 38 digits. Choose float or text.",
    "date-order": "The dates of {column} fit day first and month first. Choose {type}:dmy or {type}:mdy.",
    "too-much-memory": "The file needs more memory than one upload may use. Split it, or upload it as CSV.",
    "too-much-time": "Reading the file took longer than allowed. Split it into smaller files.",
    "disk-full": "There is no room left to unpack the file. Tell the administrator and try again later.",
    "stopped": "Reading was stopped before its end.",
    "reader-died": "The reader stopped unexpectedly ({reason}). Try again; if it recurs, tell the administrator.",
}


class ReadingError(Exception):
    """A file could not be read; says why in a code, in a sentence, and where (row and column of the file)."""

    def __init__(self, code, *, row=None, column=None, **params):
        self.code = code
        self.row = row
        self.column = column
        self.params = params | {name: at for name, at in (("row", row), ("column", column)) if at is not None}
        self.sentence = SENTENCES[code].format(**self.params)
        super().__init__(self.sentence)

    def as_dict(self):
        """The error as the child process hands it to its parent."""
        return {
            "code": self.code,
            "sentence": self.sentence,
            "row": self.row,
            "column": self.column,
            "params": self.params,
        }

    @classmethod
    def from_dict(cls, told):
        """The error that `as_dict` described."""
        given = {name: at for name, at in told["params"].items() if name not in ("row", "column")}
        return cls(told["code"], row=told["row"], column=told["column"], **given)
