"""What is no condition and no selection is refused before the engine hears of it."""

import pytest

from catalog.rows.errors import QueryError
from catalog.rows.letting import check_where
from catalog.rows.plan import plan
from catalog.rows.query import RowQuery
from catalog.terms import TableTerms

TYPES = {"district": "text", "born": "date", "income": "integer", "code": "text"}
HOSTILE = [
    "1 = 1",
    "district = 'x'; drop table rows",
    "district in (select district from source)",
    "exists (select 1)",
    "district = (select max(code) from source)",
    "read_csv('/etc/passwd') is not null",
    "getenv('HOME') = 'x'",
    "district = getenv('HOME')",
    "source.district = 'x'",
    "__row = 1",
    "rowid = 1",
    "district similar to '(a+)+$'",
    "regexp_matches(district, '(a+)+$')",
    "district = district || district",
    "CASE WHEN true THEN true END",
    "district = 'x' UNION SELECT 1",
    "district = 'x' LIMIT 1",
    "district = $p0",
    "district = ?",
    "cast(code as int) = 7",
    "(" * 200 + "district = 'x'" + ")" * 200,
    " or ".join(["district = 'x'"] * 3000),
    "district = 'x' and",
    "'",
    "",
    "\x00",
    "district",
    "income = 'abc'",
    "income = '１２'",
    "income between symmetric 3 and 1",
    "income = 99999999999999999999",
    "born > '2026-13-45'",
    "not",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_refuses_what_is_no_condition(text):
    with pytest.raises(QueryError):
        check_where(text, TYPES)


NO_SELECTION = [
    "*",
    "district, district",
    "sum(district)",
    "max(read_csv('x'))",
    "__row",
    "1",
    "count(*) over ()",
    "district from source",
    "avg(income) as __k0",
    "max(1)",
]


@pytest.mark.parametrize("text", NO_SELECTION)
def test_it_refuses_what_is_no_selection(text):
    terms = TableTerms({"district": None, "income": None})
    with pytest.raises(QueryError):
        plan(RowQuery(select=text), terms, TYPES, pseudonyms=b"k" * 32, about="test")
