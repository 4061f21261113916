"""Every weight of the search, in one place: how much a field, a way of matching and a dataset's state count.

The score of a dataset is the sum over the groups that it meets of the best of its ways, each worth
`way.weight` x the weight of the best field where it was found, and a little of its other ways; and then times the
dataset's `boost`.
"""

import math
from datetime import UTC, datetime

# How much a word counts where it stands. PostgreSQL tells four weights apart, A to D, and so does every other engine:
# what one finds the other finds in the same order of magnitude.
WEIGHTS = {"A": 1.0, "B": 0.55, "C": 0.4, "D": 0.27}
FIELDS = {
    "title": "A",
    "keywords": "B",
    "department": "C",
    "theme": "C",
    "columns": "C",
    "values": "D",
    "files": "D",
    "coverage": "D",
    "description": "D",
}
ALSO = 0.05  # what another way in which a term is found adds to the best one
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

SHORTEST_PREFIX = 2  # letters that a word must have to be taken for a beginning
TELLING = 0.6  # of the weight of a query's most telling group, that which another must have to be asked for at all
MOST_TELLING = 1.5  # the weight of several words together
PART = 0.4  # what a word of a meaning that several have together is worth alone
ENOUGH = 0.34  # of the telling groups of a long query
LIFT = 0.5  # what two neighbouring words add where they stand side by side
# Words that say nothing about what is looked for, as long as there are others.
SMALL_WORDS = """
a about after again all also am among an and another any anybody anyone are around as at be because been before being
between both but by can could d did do does doing done don during each either else ever every everyone exactly
find for from gave get gets getting give gives go goes going gone got had happen happened happening happens has have
having he her here him his how i if in into is isn it its just know learn let like ll look looking lot lots m made
make makes many may me might mine more most much must my myself near need needs no not now of off often ok on one ones
only or our ours out over per percent percentage please re s same see several shall she should show so some
somebody someone something soon still such t take takes tell than that the their them then there these they thing
things this those through to today too under until up upon us using usually ve very want wants was way ways we
well were what whatever when where whether which while who whom whose why will with within without won would you your
yours data dataset datasets info information
的 了 在 是 和 与 及 或 有 没有 吗 呢 吧 啊 把 被 从 到 对 为 上 下 中 里 这 那 这些 那些 这里 那里 哪 哪些
哪里 哪儿 哪个 哪一些 什么 怎么 怎么办 怎样 怎么样 如何 多少 几 几个 谁 我 我们 你 你们 您 他 她 它 他们 咱们
我家 请问 请 可以 可 能 能够 能不能 可不可以 是否 是不是 有没有 有无 因为 所以 因 由 由于 于 以 之 其 其中 各
该 最 很 太 比较 更 每 每个 每年 最近 近年 近几年 几年 这几年 目前 现在 容易 经常 常 发生 需要 想 想要 想知道
知道 了解 查 查询 看 看看 找 找到 要 去 会 都 还 也 就 又 再 已 已经 曾 过 得 地 着 给 让 带 做 用 等 个 些 家
种 次 一些 一个 关于 有关 相关 情况 方面 地方 哪边 附近 一下 多 少 大 应该 应 该怎么 东西 人们 大家 别人 数据
数据集 资料 资料集 信息 资讯
"""
STOP = frozenset(SMALL_WORDS.split())

WAYS = {
    "exact": 1.0,
    "phrase": 1.2,
    "stem": 0.9,
    "pairs": 0.9,
    "synonym": 0.6,
    "translation": 0.4,
    "prefix": 0.5,
    "pinyin": 0.8,
    "initials": 0.5,
    "typo": 0.5,
}

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
YEARS_HALVED = 12  # a dataset updated so many years later counts double, other things being equal
USED = 64  # doublings of its use that would double the score
TOLD = 0.2  # what a dataset that tells all that a reader wants to know counts more than one that tells nothing
LENGTH = 0.15  # how fast the score falls with the length of what is told: who says much holds many words by chance
USUAL_LENGTH = 100  # different words and pairs of an entry whose length changes nothing


def boost(updated_at: datetime, used: int, quality: float, length: int) -> float:
    """What a dataset's state multiplies its score by.

    Freshness halves with age. It is measured from a fixed day, so that the order of two datasets never changes by
    itself and no entry is made anew because time passed.
    """
    years = (updated_at - FIRST_DAY).total_seconds() / (365.25 * 86400)
    brief = (math.log(10 + length) / math.log(10 + USUAL_LENGTH)) ** -LENGTH
    told = 1 - TOLD / 2 + TOLD * quality
    return round(0.5 ** (-years / YEARS_HALVED) * (1 + used.bit_length() / USED) * told * brief, 6)
