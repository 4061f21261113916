"""Random small tables, written in random dialects and encodings, are read back cell by cell."""

import csv
import datetime
import gzip
import io
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.catalog.reading import only, rows, types, zipped

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12)
CELLS = st.one_of(
    WORDS,
    st.sampled_from(["", "007", "12", "a,b;c|d", 'say "x"', "two\nlines", "it's", "北京市", "Straße", "=1+1", "NULL"]),
    st.text(alphabet="ab\"',;\n \t|", max_size=6),
)


@st.composite
def tables(draw):
    """A header and rows whose first column makes each row a full one, in text columns."""
    width = draw(st.integers(2, 5))
    body = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [[f"v{n}" for n in range(width)], *([f"row {n}", *cells[1:]] for n, cells in enumerate(body))]


ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"),
    *("big5hkscs", "cp1252", "cp1250", "cp1251", "iso-8859-15", "shift_jis", "euc-kr"),
]
PACKED = [
    lambda content: content,
    gzip.compress,
    lambda content: zipped(data__csv=content),
    lambda content: pa.compress(content, "zstd", asbytes=True),
    lambda content: gzip.compress(zipped(data__csv=content)),
]


def written(table, *, delimiter, line_end, quoting, encoding, quotechar='"'):
    """The table as a file; a cell with any kind of line break is quoted, whichever way the lines end."""
    lines = []
    for row in table:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, quotechar=quotechar, lineterminator="\r\n", quoting=quoting).writerow(row)
        lines.append(out.getvalue().removesuffix("\r\n") + line_end)
    return "".join(lines).encode(encoding)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|^~\x1f¦"),
    quote=st.sampled_from("\"'"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(ENCODINGS),
    pack=st.sampled_from(PACKED),
)
def test_it_reads_back_what_was_written(desk, table, delimiter, quote, line_end, quoting, encoding, pack):
    table = [[cell.encode(encoding, "replace").decode(encoding) for cell in line] for line in table]
    assume("¦".encode(encoding, "ignore") or delimiter != "¦")
    content = written(
        table, delimiter=delimiter, quotechar=quote, line_end=line_end, quoting=quoting, encoding=encoding
    )
    stated = {
        "delimiter": delimiter,
        "quote": quote,
        "header_row": 1,
        "encoding": encoding,
        "tables": {"main": {"types": dict.fromkeys(table[0], "text")}},
    }
    result = desk.read(pack(content), **stated)
    assert [list(row.values()) for row in rows(only(result))] == [[cell or None for cell in line] for line in table[1:]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    size=st.integers(3, 60),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"]),
    seed=st.randoms(),
)
def test_it_finds_the_dialect_by_itself(desk, delimiter, line_end, quoting, size, encoding, seed):
    streets = ["中山路一段", "和平東路", "民生街二號", "中央大街"]
    remarks = ["短", "有, 逗號", "行\n二", "說「是」"]
    table = [
        ["編號", "地址", "說明", "price"],
        *([str(n), seed.choice(streets), seed.choice(remarks), f"{seed.randint(1, 999)}.50"] for n in range(1, size)),
    ]
    found = only(desk.read(written(table, delimiter=delimiter, line_end=line_end, quoting=quoting, encoding=encoding)))
    assert (found["detected"]["delimiter"], found["detected"]["encoding"]) == (delimiter, encoding)
    assert [[str(value) for value in row.values()] for row in rows(found)] == table[1:]


BEGIN, END = datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)
MOMENTS = st.datetimes(BEGIN, END).map(lambda moment: moment.replace(microsecond=0))
TYPED = {
    "whole": ("integer", st.integers(-(10**14), 10**12), str),
    "exact": ("decimal", st.decimals(-(10**9), 10**9, places=3), str),
    "truth": ("boolean", st.booleans(), lambda value: str(value).lower()),
    "day": ("date", MOMENTS.map(datetime.datetime.date), str),
    "moment": ("timestamp", MOMENTS, str),
    "hour": ("time", MOMENTS.map(datetime.datetime.time), str),
    "code": ("text", st.integers(0, 999), "{:04}".format),
    "long": ("text", st.integers(10**17, 10**18 - 1), str),
}
ASKED = {
    "date:dmy": ("day", "%d/%m/%Y"),
    "date:mdy": ("day", "%m/%d/%Y"),
    "date:chinese": ("day", "%Y年%m月%d日"),
    "timestamp:chinese": ("moment", "%Y年%m月%d日 %H:%M:%S"),
    "date:compact": ("day", "%Y%m%d"),
}


@st.composite
def typed_rows(draw):
    """Values of every type; the first row is filled, so that no column is empty."""
    row = st.fixed_dictionaries({name: st.none() | values for name, (_, values, _) in TYPED.items()})
    first = st.fixed_dictionaries({name: values for name, (_, values, _) in TYPED.items()})
    return [draw(first), *draw(st.lists(row, max_size=12))]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=typed_rows(),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_it_finds_the_types_and_values_that_were_written(desk, values, delimiter, line_end, encoding):
    texts = [["" if row[name] is None else TYPED[name][2](row[name]) for name in TYPED] for row in values]
    content = written(
        [list(TYPED), *texts], delimiter=delimiter, line_end=line_end, quoting=csv.QUOTE_MINIMAL, encoding=encoding
    )
    table = only(desk.read(content))
    kinds = types(table)
    assert {name: kinds[name] for name in TYPED if name != "exact"} == {
        name: kind for name, (kind, _, _) in TYPED.items() if name != "exact"
    }
    texts_stay = {name for name, (kind, _, _) in TYPED.items() if kind == "text"}
    for found, row in zip(rows(table), values, strict=True):
        for name, value in row.items():
            wanted = TYPED[name][2](value) if name in texts_stay and value is not None else value
            assert found[name] == wanted, name


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=8),
    moments=st.lists(MOMENTS, min_size=1, max_size=8),
    sign=st.sampled_from(["", " €", " %"]),
)
def test_it_reads_values_written_in_many_ways_as_asked(desk, numbers, moments, sign):
    size = min(len(numbers), len(moments))
    lines = ["point|comma|" + "|".join(f"c{n}" for n in range(len(ASKED)))]
    for number, moment in zip(numbers, moments, strict=False):
        english = f"{number:,}{sign}"
        german = english.translate(str.maketrans(",.", ".,"))
        lines.append("|".join([english, german, *(moment.strftime(layout) for _, layout in ASKED.values())]))
    asked = {"point": f"decimal:point{sign}", "comma": f"decimal:comma{sign}"}
    asked |= {f"c{n}": kind for n, kind in enumerate(ASKED)}
    table = only(desk.read("\n".join(lines) + "\n", delimiter="|", tables={"main": {"types": asked}}))
    assert table["bad_cells_total"] == 0
    for found, number, moment in zip(rows(table), numbers[:size], moments[:size], strict=True):
        assert (found["point"], found["comma"]) == (Decimal(number), Decimal(number))
        wanted = [moment.date() if kind == "day" else moment for kind, _ in ASKED.values()]
        assert [found[f"c{n}"] for n in range(len(ASKED))] == wanted


TITLES = ["Trees of the city, 2026", "公园管理处 年度报告", "Table 3: counts and measures"]
REMARKS = [
    "Source: Parks department",
    "资料来源：公园管理处",
    "* provisional figures of May",
    "Note: without the islands",
]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(1, 99)), min_size=3, max_size=20),
    above=st.lists(st.sampled_from(TITLES), max_size=2),
    below=st.lists(st.sampled_from(REMARKS), max_size=3),
    over=st.booleans(),
    total=st.booleans(),
    delimiter=st.sampled_from(";\t|"),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
def test_it_tells_the_rows_from_what_stands_around_them(desk, body, above, below, over, total, delimiter, encoding):
    """Titles, names over names, a total that adds up and remarks: rows come back alone, the rest word by word."""
    head = [["place", "2025", "", "share"], ["", "men", "women", ""]] if over else [["place", "men", "women", "share"]]
    lines = [[f"p{n:03}", str(men), str(women), f"{share}.5"] for n, (men, women, share) in enumerate(body)]
    sums = [str(sum(column)) for column in zip(*body, strict=True)][:2]
    last = [["Total", *sums, ""]] if total and any(sums_of for sums_of in sums if sums_of != "0") else []
    table = [*([line] for line in above), *head, *lines, *last, *([line] for line in below)]
    content = written(table, delimiter=delimiter, line_end="\n", quoting=csv.QUOTE_MINIMAL, encoding=encoding)
    found = only(desk.read(content))
    assert [list(map(str, row.values())) for row in rows(found)] == lines
    assert [text for _, text in found["above"]] == above
    assert [text for _, text in found["footer"]][len(last) :] == below
    assert len(found["footer"]) == len(last) + len(below)
    names = ["2025 men", "2025 women"] if over else ["men", "women"]
    assert [about["title"] for about in found["columns"]] == ["place", *names, "share"]
