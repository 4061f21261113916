"""Random small tables, written in random dialects and encodings, are read back cell by cell."""

import csv
import gzip
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalog.reading import only, rows

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


def written(table, *, delimiter, line_end, quoting, encoding):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(table)
    return out.getvalue().encode(encoding)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    packed=st.booleans(),
)
def test_it_reads_back_what_was_written(desk, table, delimiter, line_end, quoting, encoding, packed):
    content = written(table, delimiter=delimiter, line_end=line_end, quoting=quoting, encoding=encoding)
    stated = {
        "delimiter": delimiter,
        "quote": '"',
        "header_row": 1,
        "encoding": encoding,
        "tables": {"main": {"types": dict.fromkeys(table[0], "text")}},
    }
    result = desk.read(gzip.compress(content) if packed else content, **stated)
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
