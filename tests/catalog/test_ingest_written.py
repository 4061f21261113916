"""Numbers, days and places as people write them: read so where somebody asks, told as bad where they do not fit."""

import datetime
import json
from decimal import Decimal

import pytest

from catalog.ingest.readings import WRITTEN, asked_for
from tests.catalog.reading import column, only, rows, types

D = Decimal
DAY, MOMENT = datetime.date, datetime.datetime
BAD = "bad"
READ = (
    ("integer:point", ["1,234", "12", "1,234,567", "-1,000", "(2,500)", "1 234", "1.5", "12,34", "007"],
     [1234, 12, 1234567, -1000, -2500, 1234, BAD, BAD, BAD]),
    ("decimal:point", ["1,234.50", "0.5", ".25", "−3.5", "1.234,5"],
     [D("1234.50"), D("0.5"), D("0.25"), D("-3.5"), BAD]),
    ("integer:comma", ["1.234", "1.234.567", "999", "1 234", "1,5"], [1234, 1234567, 999, 1234, BAD]),
    ("decimal:comma", ["1.234,50", "3,5", "-0,25", "1.5"], [D("1234.50"), D("3.5"), D("-0.25"), BAD]),
    ("decimal:point %", ["12.5%", "7 %", "0", "-3％", "4"], [D("12.5"), D("7"), D(0), D("-3"), BAD]),
    ("decimal:comma €", ["1.234,50 €", "€ 3,5", "7,00 EUR", "$1"], [D("1234.50"), D("3.5"), D(7), BAD]),
    ("integer:point £", ["£1,234", "-£5", "£-6", "(£7)", "1,234"], [1234, -5, -6, -7, BAD]),
    ("decimal:point ¥", ["￥1,234.5", "88元", "CNY 3"], [D("1234.5"), D(88), D(3)]),
    ("integer:万", ["1.2万", "3亿", "500", "2千", "1,234万", "1.00005万", "12万亿", "5億元"],
     [12_000, 300_000_000, 500, 2000, 12_340_000, BAD, 12 * 10**12, 500_000_000]),
    ("decimal:万", ["1.23456万", "0.5", "-2.5亿"], [D("12345.6"), D("0.5"), D(-250_000_000)]),
    ("date:excel", ["44197", "45000.0", "60", "44197.5", "61"],
     [DAY(2021, 1, 1), DAY(2023, 3, 15), BAD, BAD, DAY(1900, 3, 1)]),
    ("date:excel1904", ["42735"], [DAY(2021, 1, 1)]),
    ("timestamp:excel", ["44197.75", "44197"], [MOMENT(2021, 1, 1, 18), MOMENT(2021, 1, 1)]),
    ("date:compact", ["20140609", "20141301"], [DAY(2014, 6, 9), BAD]),
    ("timestamp:compact", ["20140609235959"], [MOMENT(2014, 6, 9, 23, 59, 59)]),
    ("date:chinese", ["2026年11月22日", "2026年1月2日", "2026 年 1 月 2 号", "2026年13月1日", "2026-01-02"],
     [DAY(2026, 11, 22), DAY(2026, 1, 2), DAY(2026, 1, 2), BAD, BAD]),
    ("timestamp:chinese", ["2026年11月22日 14:30:05", "2026年11月22日14时5分", "2026年11月22日 9:00"],
     [MOMENT(2026, 11, 22, 14, 30, 5), MOMENT(2026, 11, 22, 14, 5), MOMENT(2026, 11, 22, 9)]),
    ("date:words", ["22 November 2026", "5 Sep 2020", "May 1, 2020", "31-Jan-2020", "31 Feb 2020"],
     [DAY(2026, 11, 22), DAY(2020, 9, 5), DAY(2020, 5, 1), DAY(2020, 1, 31), BAD]),
)  # fmt: skip
PLACES = (
    ("geometry:wkt", "POINT (-2.35 51.39)", [-2.35, 51.39]),
    ("geometry:latlon", "(51.39, -2.35)", [-2.35, 51.39]),
    ("geometry:lonlat", "116.4，39.9", [116.4, 39.9]),
)


def read_as(desk, kind, cells):
    content = "id|v\n" + "".join(f"{n}|{cell}\n" for n, cell in enumerate(cells))
    return only(desk.read(content, delimiter="|", tables={"main": {"types": {"v": kind}}}))


@pytest.mark.parametrize(("kind", "cells", "values"), READ, ids=[case[0] for case in READ])
def test_it_reads_cells_as_people_write_them(desk, kind, cells, values):
    table = read_as(desk, kind, cells)
    assert [row["v"] for row in rows(table)] == [None if value == BAD else value for value in values]
    bad = [cell for cell, value in zip(cells, values, strict=True) if value == BAD]
    assert [cell[2] for cell in table["bad_cells"]] == bad
    assert column(table, "v")["type"] == kind.partition(":")[0]


@pytest.mark.parametrize(("kind", "cell", "coordinates"), PLACES)
def test_it_reads_places_as_geometry(desk, kind, cell, coordinates):
    table = read_as(desk, kind, [cell, "(95.5, 200.5)", "nowhere"])
    assert json.loads(rows(table)[0]["v"]) == {"type": "Point", "coordinates": coordinates}
    assert [bad[2] for bad in table["bad_cells"]] == ["(95.5, 200.5)", "nowhere"]


def test_it_keeps_decimals_as_wide_as_they_are(desk):
    table = read_as(desk, "decimal:comma", ["123.456.789.012.345.678,123456789", "0,5"])
    assert column(table, "v")["scale"] == 9
    assert rows(table)[0]["v"] == D("123456789012345678.123456789")


def test_it_has_one_reading_for_each_way():
    names = [f"{reading.type}:{reading.how}" for reading in WRITTEN]
    assert len(set(names)) == len(names)
    assert all(asked_for(name) for name in names)


def test_it_keeps_phones_and_person_codes_of_old_as_text(desk):
    lines = ["phone,code,amount", "13812345678,110105491231002,13812345678", "18900001111,440524880101001,5"]
    assert types(only(desk.read("\n".join(lines)))) == {"phone": "text", "code": "text", "amount": "integer"}


def test_plain_codes_are_not_counted_as_numbers_in_units():
    """Looking at every cell for a unit that no cell of the sample has took ten times as long as all else together."""
    in_units = [reading for reading in WRITTEN if reading.how == "万"]
    assert in_units and all(reading.share(["0000012", "0000013"]) == 0 for reading in in_units)
    assert all(reading.share(["1.2万", "13"]) == 1 for reading in in_units if reading.type == "decimal")
