"""Rows written as JSON column by column say what Python's own encoder says of them one by one."""

import json
import math
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.rows.json_text import bytes_of, json_value, objects

WHOLE = [0, -1, 2**53 - 1, 2**53, -(2**53), 2**63 - 1, -(2**63)]
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)) | st.datetimes().map(
    lambda at: at.replace(microsecond=0)
)
LATER = st.datetimes(datetime(1900, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
KINDS = {
    "text": (pa.string(), st.text() | st.sampled_from(['"', "\\", "\x00\x1f\x7f", "null", "两\u2028\U0001f333"])),
    "long": (pa.large_string(), st.text(max_size=5)),
    "truth": (pa.bool_(), st.booleans()),
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.sampled_from(WHOLE)),
    "small": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "great": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "float": (pa.float64(), st.floats()),
    "money": (pa.decimal128(38, 2), st.decimals(-(10**18), 10**18, places=2)),
    "day": (pa.date32(), st.dates(date(1, 1, 1))),
    "clock": (pa.time64("us"), st.times() | st.just(time(1, 2, 3))),
    "moment": (pa.timestamp("us"), MOMENTS),
    "zoned": (pa.timestamp("us", "UTC"), MOMENTS.map(lambda at: at.replace(tzinfo=UTC))),
    "elsewhere": (pa.timestamp("us", "Asia/Shanghai"), LATER),
    "nothing": (pa.null(), st.none()),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(data=st.data(), names=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
def test_it_says_what_the_encoder_says_of_each_row(data, names):
    count, cut = data.draw(st.integers(0, 6)), data.draw(st.integers(0, 2))
    columns = [data.draw(st.lists(st.none() | KINDS[name][1], min_size=count, max_size=count)) for name in names]
    titles = [f'{name} "名" {n}' for n, name in enumerate(names)]
    arrays = [pa.array(values, KINDS[name][0]) for name, values in zip(names, columns, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, names=titles).slice(cut)
    wanted = [{name: json_value(value) for name, value in row.items()} for row in batch.to_pylist()]
    written = bytes_of(objects(batch, after="\n")).decode()
    assert written == "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in wanted)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2**53, "9007199254740992"),
        (math.nan, "nan"),
        (Decimal("12.50"), 12.5),
        (Decimal("12345678901234.567"), "12345678901234.567"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
    ],
)
def test_what_a_double_does_not_hold_is_text(value, said):
    assert json_value(value) == said
