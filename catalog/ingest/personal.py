"""Which columns look personal, judged by a part of their cells from all over the file: what, and how many of them."""

import re
import unicodedata
from datetime import date

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

MOST_CELLS = 1000
MOST_CHARS = 400
LEAST_CELLS = 5
LONG_TEXT = 60
SHOWN_DIGITS = 3
SURNAMES = frozenset(
    "王李张劉刘陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖蕭田董袁潘于蒋蔣蔡余杜叶葉程"
    "苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴"
)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
PHONE = re.compile(
    r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\(?0\d{1,4}\)?[- ]?\d{3,4}[- ]?\d{3,5}|\+\d[\d ()-]{7,17}", re.A
)
CHINESE_ADDRESS = re.compile(r".*([路街巷弄道村里段].*\d+ ?[号號弄]|\d+ ?(栋|幢|单元|室|樓|楼)).*")
ADDRESS = re.compile(
    r"(?i)(flat|unit|apt)?\.? ?\d+[a-z]?,? .*\b(street|st|road|rd|avenue|ave|lane|drive|close|way|court|place)\b.*"
    r"|.*\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}"
)
PAIR = re.compile(r"(?i)(?:point ?)?\(? ?-?\d{1,3}\.\d{3,},? +-?\d{1,3}\.\d{3,} ?\)?", re.A)
DEGREES = re.compile(r"-?\d{1,3}\.\d{4,}", re.A)
LATIN_NAME = re.compile(r"(?:[^\W\d_][\w.'’-]*,? ){1,3}[^\W\d_][\w'’-]*")
NAME_TITLE = re.compile(
    r"(?i)(first|last|full|sur|given|family)[ _]?name|\bname of (person|owner)|applicant|councillor|candidate|"
    r"contact[ _]?(name|person)|owner|officer|姓名|名字|联系人|聯絡人|法人|负责人|申请人|户主"
)
PLACE_TITLE = re.compile(r"(?i)\b(lat|lng|lon)\b|latitude|longitude|经度|纬度|經度|緯度|坐标|坐標")


def suggest(title, cells):
    """{"kind", "share", "of"} of what the filled cells of a column most look like, or None."""
    step = max(len(cells) // MOST_CELLS, 1)
    looked = [unicodedata.normalize("NFKC", cell[:MOST_CHARS]).strip() for cell in cells[::step]]
    if len(looked) < LEAST_CELLS:
        return None
    for kind, matches, least in _kinds(title):
        share = sum(map(matches, looked)) / len(looked)
        if share >= least:
            return {"kind": kind, "share": round(share, SHOWN_DIGITS), "of": len(looked)}
    return _free_text(looked)


def _kinds(title):
    """What a cell may be, how to tell, and the share of cells from which a column is suspected of it."""
    named, placed = NAME_TITLE.search(title), PLACE_TITLE.search(title)
    yield "person_code", is_person_code, 0.02
    yield "person_code", is_old_person_code, 0.9
    yield "enterprise_code", is_enterprise_code, 0.5
    yield "email", _by(EMAIL), 0.05
    yield "phone", _by(PHONE), 0.3
    yield "place", _by(PAIR), 0.8
    if placed:
        yield "place", _by(DEGREES), 0.8
    yield "address", _is_address, 0.5
    yield "name", _is_chinese_name, 0.5 if named else 0.95
    if named:
        yield "name", _by(LATIN_NAME), 0.5


def _by(pattern):
    return lambda cell: pattern.fullmatch(cell) is not None


def is_person_code(cell):
    """GB 11643: 17 digits with a day of birth, and a check character."""
    code = cell.upper()
    return bool(re.fullmatch(r"[1-9]\d{16}[\dX]", code, re.A)) and _is_day(code[6:14]) and mod_11_2.is_valid(code)


def is_old_person_code(cell):
    """15 digits with a day of birth; they have no check character."""
    return bool(re.fullmatch(r"[1-8]\d{14}", cell, re.A)) and _is_day(f"19{cell[6:12]}")


def is_enterprise_code(cell):
    """GB 32100: 18 characters, the last of them a check."""
    return len(cell) == 18 and uscc.is_valid(cell)


def _is_day(digits):
    try:
        return 1800 <= date.fromisoformat(digits).year <= date.today().year
    except ValueError:
        return False


def _is_address(cell):
    return bool(CHINESE_ADDRESS.fullmatch(cell) or ADDRESS.fullmatch(cell))


def _is_chinese_name(cell):
    return 2 <= len(cell) <= 4 and cell[0] in SURNAMES and all("一" <= letter <= "鿿" for letter in cell)


def _free_text(cells):
    """Long texts of which hardly two are alike may say anything of anybody."""
    long = sum(len(cell) >= LONG_TEXT for cell in cells) / len(cells)
    if long >= 0.5 and len(set(cells)) >= 0.9 * len(cells) and not all(re.match(r"(?i)https?://", c) for c in cells):
        return {"kind": "free_text", "share": round(long, SHOWN_DIGITS), "of": len(cells)}
    return None
