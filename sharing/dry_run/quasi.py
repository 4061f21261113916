"""Which columns tell people apart without naming them, and which name them: proposed from the dictionary.

A mark of the dictionary counts first; without one a column's name and titles are looked at. The approver may choose
others.
"""

import re

from catalog.codes import IdentityRole
from catalog.models import Column

NAMING = (IdentityRole.PERSON_CODE, IdentityRole.ENTERPRISE_CODE)
TELLING = (IdentityRole.ADDRESS, IdentityRole.PLACE, IdentityRole.TIME)
WORDS = re.compile(
    r"(?<![a-z])(birth|births|born|dob|birthday|birthdate|age|sex|gender|postcode|postal|zip|zipcode|district|county|"
    r"town|village|street|ward|borough|community|nationality|ethnicity|ethnic|race|religion|marital|occupation|job|"
    r"profession|education|household)(?![a-z])"
    r"|出生|生日|年龄|性别|邮编|邮政编码|区县|街道|乡镇|社区|村|民族|国籍|职业|学历|婚姻|籍贯|宗教"
)


def naming_columns(columns: list[Column]) -> list[Column]:
    """Those whose values name a person or an enterprise; persons first."""
    named = [column for column in columns if column.identity_role in NAMING]
    return sorted(named, key=lambda column: (NAMING.index(column.identity_role), column.position, column.pk))


def telling_columns(columns: list[Column], types: dict[str, str]) -> list[str]:
    """The names of those that together tell people apart, in the order of the table."""
    found = {column.name for column in columns if column.name in types and _tells(column)}
    return [name for name in types if name in found]


def _tells(column: Column) -> bool:
    if column.identity_role in NAMING:
        return False
    if column.identity_role in TELLING:
        return True
    said = " ".join([column.name, column.title_en, column.title_zh]).lower().replace("_", " ").replace("-", " ")
    return bool(WORDS.search(said))
