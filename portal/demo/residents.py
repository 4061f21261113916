"""Invents the register of residents: the same seed gives the same bytes, and nobody in it exists."""

import csv
import datetime
import random
from collections.abc import Iterator
from pathlib import Path

from portal.demo.identity import enterprise_code, person_code

ROWS = 20_000
SEED = 20260101
TODAY = datetime.date(2026, 1, 1)
COLUMNS = (
    "resident_code", "name", "sex", "birth_date", "district", "street", "address", "phone",
    "household", "relation", "education", "occupation", "employer_code", "registered_on", "allowance", "monthly_amount",
)  # fmt: skip

DISTRICTS = ["东浦区", "西禾区", "南汀区", "北岭区", "青溪区", "云渡区"]
AREAS = {district: f"9901{number:02d}" for number, district in enumerate(DISTRICTS, start=1)}
STREETS = ["望江路", "书院街", "桂花巷", "石桥路", "长乐街", "文昌路", "滨河路", "茶园巷", "新民街", "梅岭路", "渔港街"]
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅"
GIVEN = {
    "男": "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯建国志文俊峰海林东子轩博涵",
    "女": "芳娜敏静丽艳娟霞秀玲桂英洁梅雪琳慧莹婷倩颖欣怡佳雅琴萍红月兰春燕子涵",
}
EDUCATION = (("小学", 14), ("初中", 30), ("高中", 24), ("大专", 16), ("本科", 13), ("研究生", 3))
WORK = (
    ("制造", 24),
    ("商贸", 18),
    ("服务", 20),
    ("建筑", 10),
    ("交通", 8),
    ("教育", 6),
    ("卫生", 5),
    ("机关", 5),
    ("农业", 4),
)
ALLOWANCES = {"残疾人补贴": (220, 480), "低保": (510, 890), "高龄津贴": (100, 300)}
EMPLOYERS = 400


def write_residents(target: Path, *, rows: int = ROWS, seed: int = SEED) -> None:
    """Writes the register as CSV in UTF-8, one row at a time."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(residents(rows=rows, seed=seed))


def residents(*, rows: int = ROWS, seed: int = SEED) -> Iterator[tuple]:
    """The rows of the register, household after household, in the order of COLUMNS."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    taken: set[str] = set()
    made = household = 0
    while made < rows:
        household += 1
        for row in _household(chance, household, taken):
            if made == rows:
                return
            made += 1
            yield row


def _household(chance: random.Random, number: int, taken: set[str]) -> Iterator[tuple]:
    district = chance.choice(DISTRICTS)
    street = chance.choice(STREETS)
    door = f"{chance.randint(1, 12)}单元{chance.randint(1, 28)}0{chance.randint(1, 4)}室"
    home = f"{street}{chance.randint(1, 380)}号{door}"
    age, sex, surname = chance.randint(22, 88), chance.choice("男女"), chance.choice(SURNAMES)
    members = [("户主", age, sex, surname)]
    if chance.random() < 0.62:
        other = "女" if sex == "男" else "男"
        members.append(("配偶", max(21, age + chance.randint(-6, 6)), other, chance.choice(SURNAMES)))
        for _ in range(chance.choices((0, 1, 2), (35, 48, 17))[0]):
            if (child := age - chance.randint(23, 36)) >= 0:
                members.append(("子女", child, chance.choice("男女"), surname))
    if age < 55 and chance.random() < 0.12:
        members.append(("父母", age + chance.randint(22, 32), chance.choice("男女"), surname))
    for relation, years, gender, family in members:
        yield _person(chance, (district, street, home, f"LT{number:07d}"), (relation, years, gender, family), taken)


def _person(chance: random.Random, home: tuple, member: tuple, taken: set[str]) -> tuple:
    district, street, address, household = home
    relation, years, sex, surname = member
    born = TODAY - datetime.timedelta(days=years * 365 + years // 4 + chance.randint(1, 364))
    code = _free_code(chance, AREAS[district], born, sex, taken)
    name = surname + "".join(chance.choices(GIVEN[sex], k=chance.choices((1, 2), (30, 70))[0]))
    education = _pick(chance, EDUCATION) if years >= 16 else ("小学" if years >= 12 else "")
    occupation = _occupation(chance, years)
    employed = occupation not in {"", "学生", "退休"} and chance.random() < 0.85
    employer = enterprise_code(AREAS[district], chance.randint(1, EMPLOYERS)) if employed else ""
    phone = f"1540000{chance.randint(0, 9999):04d}" if years >= 12 else ""
    registered = max(born, TODAY - datetime.timedelta(days=chance.randint(1, 9000)))
    allowance = _allowance(chance, years)
    amount = chance.randrange(*ALLOWANCES[allowance], 10) if allowance else ""
    return (
        code, name, sex, born, district, street, address, phone,
        household, relation, education, occupation, employer, registered, allowance, amount,
    )  # fmt: skip


def _free_code(chance: random.Random, area: str, born: datetime.date, sex: str, taken: set[str]) -> str:
    while True:
        serial = chance.randrange(1, 999, 2) if sex == "男" else chance.randrange(2, 999, 2)
        code = person_code(area, born, serial)
        if code not in taken:
            taken.add(code)
            return code


def _occupation(chance: random.Random, years: int) -> str:
    if years < 6:
        return ""
    if years < 19:
        return "学生"
    return "退休" if years >= 62 else _pick(chance, WORK)


def _allowance(chance: random.Random, years: int) -> str:
    if chance.random() < 0.03:
        return "残疾人补贴"
    if chance.random() < 0.02:
        return "低保"
    return "高龄津贴" if years >= 80 else ""


def _pick(chance: random.Random, weighted: tuple) -> str:
    values, weights = zip(*weighted, strict=True)
    return chance.choices(values, weights)[0]
