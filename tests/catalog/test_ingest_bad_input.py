"""Files that no table can come of: each ends in its own sentence, and leaves nothing."""

import base64
import io
import os
import struct
import tracemalloc
import zipfile

import openpyxl
import pyarrow as pa
import pytest

from catalog.ingest.errors import SENTENCES, ReadingError
from catalog.ingest.limits import MB, Limits
from catalog.ingest.notes import NOTES
from tests.catalog.reading import DATA, Desk, codes, gzipped, only, zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


def a_zip_with_a_password():
    packed = bytearray(zipped(a__csv="a,b\n1,2\n"))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", packed, packed.index(signature) + at, 1)
    return bytes(packed)


BAD = {
    "empty-file": b"",
    "no-rows": "a,b,c\n",
    "nul-bytes": "a,b\n1,\0\n",
    "undecodable": b"a,b\n" + bytes(range(0x80, 0x100)) * 40,
    "quote-never-closed": 'a,b\n1,"x\n2,y\n',
    "html": "  <!DOCTYPE html><html><body><table></table></body></html>",
    "pdf": b"%PDF-1.7\n%\xe2\xe3",
    "xml": '<?xml version="1.0"?><Workbook/>',
    "encrypted-workbook": OLE + "EncryptedPackage".encode("utf-16-le"),
    "other-format": b"PARE" + bytes(100),
    "damaged-parquet": b"PAR1" + bytes(100),
    "damaged-archive": gzipped("a,b\n" + "1,2\n" * 5000)[:-20],
    "encrypted-archive": a_zip_with_a_password(),
    "unsafe-name": zipped(**{"../../evil__csv": "a,b\n1,2\n"}),
    "nested-archive": zipped(inner__zip=zipped(a__csv="a,b\n1,2\n")),
    "no-data-inside": zipped(README__md="nothing"),
    "topojson": '{"type":"Topology","objects":{},"arcs":[]}',
    "json-shape": '{"type":"Feature","properties":{}}',
    "json-record": '["a", "b"]',
    "bad-json": '[{"a": 1}, {"a": ',
    "damaged-workbook": zipped(**{"xl/workbook__xml": "<x/>", "[Content_Types]__xml": "<x/>"}),
}


@pytest.mark.parametrize("code", BAD)
def test_it_says_what_is_wrong_and_what_to_do(desk, code):
    content = BAD[code]
    error = desk.refused(content.encode() if isinstance(content, str) else content)
    assert error.code == code
    assert error.sentence.endswith(".")
    assert "{" not in error.sentence


def test_it_refuses_random_bytes(desk):
    for size in (10, 1000, 100_000):
        content = os.urandom(size)
        assert desk.refused(b"\x00" + content).code in ("nul-bytes", "undecodable")
        assert desk.refused(b"\xff\xfe\xfd" + content).code in ("nul-bytes", "undecodable", "wrong-encoding")


def test_it_refuses_a_protected_workbook_of_a_real_portal(desk):
    assert desk.refused(DATA / "encrypted_no_password.xls").code == "encrypted-workbook"


def test_it_refuses_what_only_looks_like_an_old_workbook(desk):
    assert desk.refused(OLE).code == "damaged-workbook"


@pytest.mark.parametrize("body", [1, 20])
def test_it_refuses_a_hundred_thousand_columns_in_little_memory(desk, body):
    content = ",".join(f"column{n}" for n in range(100_000)) + "\n" + ("1," * 99_999 + "1\n") * body
    tracemalloc.start()
    error = desk.refused(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (error.code, error.params["columns"]) == ("too-many-columns", 100_000)
    assert peak < 100 * MB


def test_it_reads_as_many_columns_as_are_allowed(desk):
    content = ",".join(f"v{n}" for n in range(600)) + "\n" + ",".join(map(str, range(600))) + "\n"
    assert len(only(desk.read(content))["columns"]) == 600


@pytest.mark.parametrize("packed", [False, True])
def test_it_refuses_a_line_without_end_in_constant_memory(desk, packed):
    content = b"a,b\n" + b"x" * (40 * MB)
    content = gzipped(content) if packed else content
    tracemalloc.start()
    error = desk.refused(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (error.code, error.params["line"]) == ("line-too-long", 2)
    assert peak < 100 * MB


def test_it_stops_at_a_bomb_before_it_unpacks(tmp_path):
    desk = Desk(tmp_path, Limits(ratio_from_bytes=4 * MB))
    bomb = b"a,b\n" + b"1,2\n" * (4 * MB)
    assert desk.refused(gzipped(bomb)).code == "archive-bomb"
    assert desk.refused(zipped(a__csv=bomb)).code == "archive-bomb"
    assert desk.refused(gzipped(gzipped(bomb))).code == "archive-bomb"


def test_it_stops_at_a_bomb_whose_list_lies(tmp_path):
    """The sizes in an archive's list are claims: reading never goes beyond them, nor beyond the limit."""
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB))
    packed = bytearray(zipped(a__csv=b"a,b\n" + b"1,2\n" * (2 * MB)))
    at = packed.index(b"PK\x01\x02")
    struct.pack_into("<I", packed, at + 24, 1000)
    assert desk.refused(bytes(packed)).code in ("damaged-archive", "archive-bomb")


def zstandard(content):
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    return packed.getvalue().to_pybytes()


def test_it_reads_zstandard_like_any_other_wrapping(tmp_path):
    desk = Desk(tmp_path, Limits(ratio_from_bytes=4 * MB))
    for content in (b"a\n1\n", b'[{"a":1}]', a_workbook("t"), zipped(a__csv="a\n1\n")):
        result = desk.read(zstandard(content))
        assert only(result)["rows"] == 1
        assert result["detected"]["container"] == "zstd"
    assert desk.refused(zstandard(b"a,b\n" + b"1,2\n" * (4 * MB))).code == "archive-bomb"
    assert desk.refused(zstandard(os.urandom(5000).hex().encode())[:-900]).code == "damaged-archive"


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv", "C:a.csv"])
def test_it_refuses_names_that_climb_out(desk, tmp_path, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.csv", "a\n1\n")
        archive.writestr(name, "a\n1\n")
    assert desk.refused(packed.getvalue()).code == "unsafe-name"
    assert not list(tmp_path.parent.glob("a.csv"))


def test_it_measures_a_bomb_in_a_bomb_by_the_file_that_was_sent(tmp_path):
    """Each layer alone keeps the ratio; both together do not."""
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB, ratio=200))
    layer = gzipped(b"a,b\n" + b"1,2\n" * (2 * MB))
    assert 200 > len(layer) / len(zipped(a__csv__gz=layer)) > 1
    assert desk.refused(zipped(a__csv__gz=layer)).code == "archive-bomb"


def test_it_stops_at_a_bomb_whose_entries_share_their_bytes(tmp_path):
    """A list that names the same packed bytes many times claims more packed bytes than the archive has."""
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB, ratio=200))
    packed = zipped(a__csv=b"a,b\n" + os.urandom(20_000).hex().encode() * 20)
    start, end = packed.index(b"PK\x01\x02"), packed.index(b"PK\x05\x06")
    tail = bytearray(packed[end:])
    struct.pack_into("<HHL", tail, 8, 400, 400, 400 * (end - start))
    assert desk.refused(packed[:start] + packed[start:end] * 400 + bytes(tail)).code == "archive-bomb"


def test_it_keeps_room_for_one_packed_file_at_a_time(desk, tmp_path):
    books = {f"b{n}__xlsx": a_workbook(f"t{n}") for n in range(3)}
    assert len(desk.read(zipped(**books))["tables"]) == 3
    assert not list(tmp_path.glob("work*/spool-*/*"))


def a_workbook(title):
    packed = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.title = title
    book.active.append(["a"])
    book.active.append([1])
    book.save(packed)
    return packed.getvalue()


def test_it_limits_size_depth_and_number(tmp_path):
    desk = Desk(tmp_path, Limits(unpacked_bytes=MB, members=3))
    assert desk.refused(gzipped(base64.encodebytes(os.urandom(2 * MB)))).code == "too-large"
    assert desk.refused(zipped(**{f"f{n}__csv": "a\n1\n" for n in range(5)})).code == "archive-too-many"
    assert desk.refused(gzipped(gzipped(gzipped("a\n1\n")))).code == "nested-archive"


def test_it_refuses_a_workbook_that_unpacks_without_measure(tmp_path):
    desk = Desk(tmp_path, Limits(ratio_from_bytes=MB))
    bomb = zipped(**{"xl/workbook__xml": "<x/>", "xl/sharedStrings__xml": b" " * (8 * MB)})
    assert desk.refused(bomb, name="a.xlsx").code == "archive-bomb"


def test_it_refuses_xml_entities_in_a_workbook(desk):
    plain = io.BytesIO(a_workbook("Sheet"))
    hostile = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + content
            new.writestr(name, content)
    assert desk.refused(hostile.getvalue(), name="a.xlsx").code == "hostile-workbook"


def test_it_reads_the_tables_of_an_archive_and_tells_what_it_left_out(desk):
    packed = zipped(
        stops__txt="id,name\n1,a\n",
        routes__csv="id\n7\n8\n",
        terms__pdf=b"%PDF-1.4",
        README__txt="x",
        fares__txt="fare_id,price\n",
        empty__txt="",
    )
    result = desk.read(packed, name="feed.zip")
    assert {table["name"]: table["rows"] for table in result["tables"]} == {"stops": 1, "routes": 2}
    assert codes(result) == ["left-out"] * 3
    assert result["detected"] == {"container": "zip", "format": "csv"}


def test_it_reads_packed_files_in_an_archive(desk):
    result = desk.read(zipped(trees__csv__gz=gzipped("id,name\n1,a\n")))
    assert only(result)["rows"] == 1
    assert only(desk.read(gzipped(zipped(trees__csv="id,name\n1,a\n"))))["rows"] == 1


def test_it_has_a_sentence_for_every_code_that_the_reader_uses():
    from pathlib import Path

    import catalog.ingest

    folder = Path(catalog.ingest.__file__).parent
    paths = [*folder.glob("*.py"), *(path for path in folder.parent.glob("*.py") if path.name != "reading_words.py")]
    code = "".join(path.read_text() for path in paths)
    for name in SENTENCES:
        assert f'"{name}"' in code.replace(f'    "{name}": ', "", 1), name
    for name in NOTES:
        assert f'"{name}"' in code.replace(f'    "{name}": ', "", 1), name


def test_it_carries_an_error_from_one_process_to_another():
    error = ReadingError("quote-never-closed", row=7)
    again = ReadingError.from_dict(error.as_dict())
    assert (again.code, again.row, again.sentence) == (error.code, 7, error.sentence)
    assert "row 7" in again.sentence
