"""Every weight of the search, in one place: how much a field, a way of matching and a dataset's state count.

The score of a dataset is the sum over the groups that it meets of the best of its ways, each worth
`way.weight` x the weight of the best field where it was found, and then times the dataset's `boost`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """How much a word counts there, and which of PostgreSQL's four weights it shares."""

    weight: float
    letter: str


FIELDS = {
    "title": Field(1.0, "A"),
    "keywords": Field(0.55, "B"),
    "department": Field(0.4, "B"),
    "theme": Field(0.4, "B"),
    "columns": Field(0.4, "C"),
    "values": Field(0.3, "C"),
    "files": Field(0.3, "C"),
    "coverage": Field(0.3, "D"),
    "description": Field(0.25, "D"),
}
# What a person may name in field:value, and the fields of the index that it means.
NAMED = {
    "title": ("title",),
    "keyword": ("keywords",),
    "column": ("columns",),
    "department": ("department",),
    "theme": ("theme",),
    "format": ("files",),
    "licence": ("files",),
    "place": ("coverage",),
    "description": ("description",),
}
LETTERS = (0.25, 0.35, 0.5, 1.0)  # D, C, B, A, as PostgreSQL takes them

SHORTEST_PREFIX = 2  # letters that a word must have to be taken for a beginning
TELLING = 0.6  # of the weight of a query's most telling group, that which another must have to be asked for at all
MOST_TELLING = 1.5  # the weight of several words together
PART = 0.4  # what a word of a meaning that several have together is worth alone
COMMONER = 0.8  # of how telling a word is: a synonym that says less than this share of it counts less
ENOUGH = 0.34  # of the telling groups of a long query
LIFT = 0.5  # what two neighbouring words add where they stand side by side
# Words that say nothing about what is looked for, as long as there are others.
SMALL_WORDS = """
a an and are as at be by can do does did for from get give has have how i in is it its me my near of on or our s show
that the their there these they this to was were what when where which who whom whose why will with you your much many
too any all each every share percent percentage not no up out into than then data dataset datasets
的 了 在 是 和 与 及 或 有 没有 吗 呢 把 被 从 到 对 为 上 下 中 里 这 那 哪 哪些 哪里 哪个 什么 怎么 怎样 如何 多少 几
几个 谁 我 我们 你 您 请问 可以 能 能不能 是否 因为 最 很 每 每年 最近 几年 容易 发生 需要 想 要 去 会 都 还 也 就
数据 数据集 资料 资料集
"""
STOP = frozenset(SMALL_WORDS.split())

WAYS = {
    "exact": 1.0,
    "phrase": 1.2,
    "stem": 0.9,
    "pairs": 0.9,
    "synonym": 0.7,
    "translation": 0.4,
    "prefix": 0.5,
    "pinyin": 0.8,
    "initials": 0.5,
    "typo": 0.5,
}
