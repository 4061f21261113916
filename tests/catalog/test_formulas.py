"""What a spreadsheet would run as a formula is led by an apostrophe in CSV; all else is written as it is."""

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.rows.formats import FORMULA, NUMBER, _plain

TEXTS = st.text(st.sampled_from("=+-@ \t\r\n\v\f0.,%a树＝＋－＠\u3000\x1c"), max_size=4)


@given(texts=st.lists(st.none() | TEXTS, max_size=8), start=st.integers(0, 3), long=st.booleans())
@example(texts=["a", None, "", "＝1+1"], start=1, long=True)
def test_no_formula_passes_the_quick_look(texts, start, long):
    column = pa.array(texts, pa.large_string() if long else pa.string()).slice(start)
    risky = pc.and_(pc.match_substring_regex(column, FORMULA), pc.invert(pc.match_substring_regex(column, NUMBER)))
    wanted = [f"'{text}" if led else text for text, led in zip(column.to_pylist(), risky.to_pylist(), strict=True)]
    assert _plain(pa.RecordBatch.from_arrays([column], names=["a"])).column(0).to_pylist() == wanted
