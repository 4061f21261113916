"""A register of residents, as Parks keeps it and as Health needs nine columns of it; in both languages."""

from datetime import date
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc

from catalog.actions.duties import make_owner_duty
from catalog.models import Column, Role
from tests import world
from tests.parquet import TYPES

DAYS = [date(1950 + n % 60, 1 + n % 12, 1 + n % 28) for n in range(96)]
# Name: type, values that come again in turn, what it is called in either language, sensitivity, identity role.
REGISTER = {
    "person_code": ("text", None, "Person code", "公民身份号码", "personal", "person_code"),
    "full_name": ("text", ["An", "Bo", "Cai", "Du"], "Full name", "姓名", "personal", ""),
    "sex": ("text", ["f", "m"], "Sex", "性别", "personal", ""),
    "born": ("date", DAYS, "Date of birth", "出生日期", "personal", ""),
    "district": ("text", ["North", "South", "North", "East", "North"], "District", "区", "internal", ""),
    "postcode": ("text", ["001", "002", "003"], "Postcode", "邮政编码", "internal", ""),
    "street": ("text", ["High St"], "Street", "街道", "personal", "address"),
    "moved_in": ("date", DAYS[:7], "Moved in", "迁入日期", "internal", ""),
    "household": ("integer", [1, 2, 3, 4, 5, 6, 7], "People in the household", "家庭人数", "internal", ""),
    "insured": ("boolean", [True, False, True], "Insured", "是否参保", "internal", ""),
    "income": ("integer", [10, 20, 30, 40], "Income", "收入", "sensitive", ""),
    "phone": ("text", ["1", "2", "3", "4"], "Phone", "电话", "personal", ""),
}
NINE = ("person_code", "full_name", "sex", "born", "district", "postcode", "street", "household", "insured")


def rows_of(count: int) -> dict:
    """So many rows of the register, each of another person."""
    numbers = pa.array(range(count), pa.int64())
    found = {}
    for name, (kind, values, *_words) in REGISTER.items():
        if values is None:
            found[name] = (kind, pc.binary_join_element_wise("P", pc.cast(numbers, pa.string()), ""))
        else:
            turn = pc.subtract(numbers, pc.multiply(pc.divide(numbers, len(values)), len(values)))
            found[name] = (kind, pa.array(values, TYPES[kind]).take(turn))
    return found


def city_with_a_register(rows: int = 4) -> SimpleNamespace:
    """The cast with the head of Health, a second approver of Parks, and the register with its dictionary."""
    people = world.cast()
    for department, name, duties in (
        (people.parks, "园林局", ""),
        (people.health, "卫生健康局", "组织健康筛查；预防疾病。"),
    ):
        department.name_zh, department.duties_zh = name, duties
        department.save()
    people.health.duties_en = "Organise health screening. Prevent disease."
    people.health.save()
    people.head = world.person("Heike", people.health, Role.APPROVER)
    people.second = world.person("Anna", people.parks, Role.APPROVER)
    people.register = world.dataset(
        people.owner,
        people.parks,
        "Residents register",
        title_zh="居民登记册",
        description_en="Everybody who lives in the city.",
        description_zh="居住在本市的所有人。",
        theme="population",
        opening_class="closed",
    )
    people.version = world.version(people.register, rows_of(rows))
    for name, (_kind, _values, title, title_zh, sensitivity, role) in REGISTER.items():
        Column.objects.filter(dataset=people.register, name=name).update(
            title_en=title, title_zh=title_zh, sensitivity=sensitivity, identity_role=role or "none"
        )
    make_owner_duty(people.register, by=world.by(people.owner))
    return people
