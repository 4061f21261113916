"""A catalogue of many datasets, half of them Chinese, for measuring: the same at every run.

Only the rows that a search reads are made, by few statements; entries are made of them by the index itself.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID, uuid5

from django.db import connection
from psycopg2.extras import execute_values

from catalog.codes import Frequency, Licence, Theme
from catalog.models import Department
from catalog.search.synonyms import SHIPPED, read
from catalog.search.words import is_chinese
from portal.models import User

SEED = 7
CHUNK = 2_000
DEPARTMENTS = 120
MADE_UP = 6_000  # words of each language that stand in few datasets, beside those of cities
DAY = datetime(2026, 6, 1, tzinfo=UTC)
NAMESPACE = UUID("5f0c7f5e-8a0e-4d4a-9a57-6d2a5f2f9c11")
PARTS = [consonant + vowel for consonant in "bcdfglmnprst" for vowel in "aeo"]
CHARACTERS = "东西南北江河湖海山川林田石金木水火土日月星云风雨雷电春夏秋冬梅兰竹菊松柏桃李杏花草鸟鱼虫龙凤虎马牛羊"
DATASETS = """
INSERT INTO catalog_dataset (id, department_id, state, title_en, title_zh, description_en, description_zh, keywords_en,
    keywords_zh, theme, contact_name, contact_email, frequency, coverage_from, coverage_until, place_en, place_zh,
    language, licence, legal_basis, sharing_class, sharing_law, opening_class, reading, created_at, created_by_id,
    updated_at)
SELECT id, department_id, 'active', title_en, title_zh, description_en, description_zh,
    string_to_array(keywords_en, '|'), string_to_array(keywords_zh, '|'), theme, '', '', frequency, since, until,
    place_en, place_zh, 'en', licence, '', 'conditional', '', 'open', '{}', moment, %(by)s, moment
FROM (VALUES %%s) AS made (id, department_id, title_en, title_zh, description_en, description_zh, keywords_en,
    keywords_zh, theme, frequency, since, until, place_en, place_zh, licence, moment)
"""
ROW = "(%s::uuid, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s::date, %s::date, %s, %s, %s, %s::timestamptz)"
# Each has a version of one table with three columns, and nine of ten are released with all of them; of these a third
# have a file, and the frequent values of one column.
NUMBERED = """(SELECT *, abs(hashtext(id::text)::bigint) %% 1000003 AS n FROM catalog_dataset
    WHERE id = ANY(%(ids)s::uuid[])) AS d"""
PICKED = "(%(names)s::text[])[1 + (d.n / m * 7 + m) %% %(many)s]"
REST = (
    f"""INSERT INTO catalog_version (id, dataset_id, number, identity, state, source_name, source_sha256, source_bytes,
        source_path, mode, reading, report, created_at, created_by_id, confirmed_at, confirmed_by_id)
    SELECT id, id, 1, id::text, 'kept', 'data.csv', '', 1, '', 'replace', '{{}}', '{{}}', updated_at, created_by_id,
        updated_at, created_by_id FROM {NUMBERED}""",
    "UPDATE catalog_dataset SET current_id = id WHERE id = ANY(%(ids)s::uuid[])",
    f"""INSERT INTO catalog_column (dataset_id, "table", name, position, title_en, title_zh, meaning_en, meaning_zh,
        unit, code_list, sensitivity, identity_role, row_key)
    SELECT id, 'main', m || '_' || {PICKED}, m, initcap({PICKED}), '', 'The ' || {PICKED} || ' of the place.', '', '',
        '', 'public', 'none', false FROM {NUMBERED}, generate_series(1, 3) AS m""",
    f"""INSERT INTO catalog_table (id, version_id, name, position, rows, path, bytes, sha256, parts, part_paths, schema,
        bad_cells_path, bad_cells, bad_cells_bytes, bad_cells_sha256)
    SELECT id, id, 'main', 0, 100, 'x', 1, '', '[]', '{{}}', (SELECT jsonb_agg(jsonb_build_object('name', c.name,
        'type', CASE WHEN c.position = 1 THEN 'text' WHEN c.position = 2 AND d.n %% 5 = 0 THEN 'geometry'
        ELSE 'integer' END)) FROM catalog_column c WHERE c.dataset_id = d.id), '', 0, 0, '' FROM {NUMBERED}""",
    f"""INSERT INTO catalog_basis (id, kind, dataset_id, version_id, terms, recipient, service, roles, purpose,
        legal_basis, valid_from, way, readings_span, rows_span, domain, least, people, state, state_reason, state_at,
        made_at)
    SELECT id, 'release', id, id, jsonb_build_object('documents', false, 'tables', jsonb_build_object('main',
        jsonb_build_object('where', '', 'columns', (SELECT jsonb_object_agg(c.name, NULL) FROM catalog_column c
        WHERE c.dataset_id = d.id)))), 'everybody', '', '{{}}', 'to measure', 'article 1', updated_at, 'both', '', '',
        '', '', '', 'active', '', updated_at, updated_at FROM {NUMBERED} WHERE n %% 10 > 0""",
    f"""INSERT INTO catalog_extent (basis_id, version_id, "table", rows, profile, made_at)
    SELECT id, id, 'main', 100, (SELECT jsonb_agg(jsonb_build_object('name', c.name, 'type', 'text', 'frequent', (
        SELECT jsonb_agg(jsonb_build_array({PICKED}, m)) FROM generate_series(4, 8) AS m))) FROM catalog_column c
        WHERE c.dataset_id = d.id AND c.position = 1), now() FROM {NUMBERED} WHERE n %% 10 > 0 AND n %% 3 = 0""",
    f"""INSERT INTO catalog_distribution (id, basis_id, version_id, "table", name, format, path, bytes, rows, sha256,
        built_at)
    SELECT gen_random_uuid(), id, id, 'main', 'data.' || f, f, 'x', 1, 100, '', now()
    FROM {NUMBERED}, unnest(ARRAY['csv', 'ndjson']) AS f
    WHERE n %% 10 > 0 AND n %% 3 = 0 AND (f = 'csv' OR n %% 2 = 0)""",
)


@dataclass(frozen=True)
class Words:
    """The words of one language, each with how often it is drawn: a few often, most hardly ever."""

    words: list[str]
    often: list[float]

    @classmethod
    def of(cls, words: list[str]) -> "Words":
        """The first ones are the common ones: each of these stands in about one of ten datasets."""
        return cls(words, list(accumulate(1 / (place + 60) for place in range(len(words)))))

    def some(self, chance: random.Random, number: int) -> list[str]:
        """So many of them, by chance."""
        return chance.choices(self.words, cum_weights=self.often, k=number)


def vocabularies(chance: random.Random) -> tuple[Words, Words]:
    """English and Chinese: the words of cities, then made-up ones."""
    groups = read(SHIPPED.read_text(encoding="utf-8"))
    civic = list(dict.fromkeys(word for group in groups for word in group))
    chance.shuffle(civic)
    english = [word for word in civic if not is_chinese(word)]
    chinese = [word for word in civic if is_chinese(word)]
    english += ["".join(chance.choices(PARTS, k=chance.randint(2, 4))) for _each in range(MADE_UP)]
    chinese += ["".join(chance.choices(CHARACTERS, k=chance.randint(2, 3))) for _each in range(MADE_UP)]
    return Words.of(english), Words.of(chinese)


def fill(number: int, city: Department, owner: User) -> None:
    """So many datasets of departments of the city, nine of ten released."""
    chance = random.Random(SEED)
    english, chinese = vocabularies(chance)
    departments = [
        Department(
            id=uuid5(NAMESPACE, f"d{n}"), code=f"office-{n}", name_en=f"Office {n}", kind="department", parent=city
        )
        for n in range(DEPARTMENTS)
    ]
    Department.objects.bulk_create(departments)
    names = [word for word in english.words[:400] if " " not in word]
    for start in range(0, number, CHUNK):
        rows = [
            _row(n, chance, chinese if n % 2 else english, departments)
            for n in range(start, min(number, start + CHUNK))
        ]
        ids = [str(row[0]) for row in rows]
        with connection.cursor() as cursor:
            execute_values(cursor.cursor, DATASETS % {"by": f"'{owner.pk}'"}, rows, ROW, page_size=CHUNK)
            for statement in REST:
                cursor.execute(statement, {"ids": ids, "names": names, "many": len(names)})


def _row(n: int, chance: random.Random, words: Words, departments: list[Department]) -> tuple:
    is_english, joined = n % 2 == 0, " " if n % 2 == 0 else ""
    title = joined.join(words.some(chance, 3)) + f" {n}"
    description = (". " if is_english else "。").join(joined.join(words.some(chance, 8)) for _each in range(4))
    keywords = "|".join(word[:60] for word in words.some(chance, 4))
    place = words.words[int(chance.random() ** 3 * 200)]
    since = DAY.date() - timedelta(days=chance.randrange(6_000)) if chance.random() < 0.6 else None
    until = since + timedelta(days=365) if since and chance.random() < 0.7 else None
    both = [title[:200], description, keywords]
    told = [text for pair in ((both[k], "") if is_english else ("", both[k]) for k in range(3)) for text in pair]
    places = (place, "") if is_english else ("", place)
    theme = chance.choice(Theme.values)
    return (
        uuid5(NAMESPACE, str(n)), chance.choice(departments).pk, *told, theme, chance.choice(Frequency.values), since,
        until, *places, chance.choice(Licence.values), DAY - timedelta(minutes=chance.randrange(1_500_000)),
    )  # fmt: skip
