"""Counts, and nothing else: of groups that are large enough, rounded down from a place that nobody can find out.

A count that is always rounded at the same places can be led to such a place row by row, and then one row more or less
shows. Here each question, and each group of its answer, is rounded from a place of its own, drawn from a secret: asked
in the same words it stays where it is, asked in others it is another one, and other words cost one question more.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.canonical import canonical
from catalog.models import Basis, Least
from catalog.rows.cursors import read_cursor
from catalog.rows.errors import CountsOnly, QueryError
from catalog.rows.letting import SOURCE, let_out
from catalog.rows.outputs import Question, question
from catalog.rows.plan import OutColumn, Plan, beyond, conditions_of, ordering
from catalog.rows.query import RowQuery
from catalog.rows.scope import Scope, quoted
from catalog.terms import TableTerms

COUNT = "count(*)"
PARAMETER = re.compile(r"\$p(\d+)\b")
YES_OR_NO = gettext_lazy(
    "This grant says only whether enough rows fit: ask with “select=count(*) as n” and a condition, nothing else."
)


@dataclass(frozen=True)
class CountsPlan(Plan):
    """A statement of which only counts come out, or yes or no; `question` is the digest of what is asked."""

    exit: str = "counts"
    question: str = ""


def counts(
    query: RowQuery, basis: Basis, terms: TableTerms, types: dict[str, str], *, content: str, pseudonyms: bytes,
    about: str,
) -> CountsPlan:  # fmt: skip
    """The counts that a query asks for under a basis that lets out no more; `content` names the rows of the table.

    What is counted are rows, or the people whom the rows are about where the basis names the column that says so.
    """
    _check_asks_counts(query)
    source = SOURCE
    if basis.people:
        if basis.people not in types:
            raise CountsOnly(_("The column by which people are counted is gone. Ask the owner of the dataset."))
        source = f"(SELECT * REPLACE (CAST({quoted(basis.people)} AS VARCHAR) AS __row) FROM {SOURCE})"
    inner, params, columns = let_out(terms, types, pseudonyms, source=source)
    scope = Scope(columns=columns, params=params, zone=query.timezone)
    conditions = conditions_of(query, scope)
    filtered_by = scope.taken()
    asked = question(query, scope, "let_out")
    names = _check_outputs(asked, scope, basis)
    reads = scope.taken()

    digest = _digest(basis, terms, content, conditions, asked.groups, params, query.timezone)
    sql = _told(basis, asked, names, inner, conditions, scope.bind(_key(digest)), scope.bind(basis.group_least))
    about = f"{about} {query.sha256}"
    later = f" WHERE {_after(query, asked, about, scope)}" if query.after else ""
    keys = "".join(f", CAST({key.sql} AS VARCHAR) AS __k{n}" for n, key in enumerate(asked.order))
    sql += f" SELECT {', '.join(map(quoted, asked.outputs))}{keys} FROM told{later}{ordering(asked.order)}"
    kind = "boolean" if basis.least == Least.YES_NO else "integer"
    out = [OutColumn(name, kind if name == names[0] else one.kind) for name, one in asked.outputs.items()]
    return CountsPlan(
        f"{sql} LIMIT {query.limit + 1}", params, out, reads, filtered_by, keys=len(asked.order), about=about,
        question=digest,
    )  # fmt: skip


def _check_asks_counts(query: RowQuery) -> None:
    """No files, samples, distinct values, nor conditions on the counts themselves, which would tell them exactly."""
    if query.limit is None or query.sample or query.distinct or query.having or not (query.select or query.group_by):
        raise CountsOnly


def _check_outputs(asked: Question, scope: Scope, basis: Basis) -> list[str]:
    """The name of the one count that is asked for, then of the columns it is grouped by: columns as they are lent."""
    plain = {scope.column(name)[0] for name in scope.columns}
    counted = [name for name, one in asked.outputs.items() if one.sql == COUNT]
    beside = [name for name in asked.outputs if name not in counted]
    if len(counted) != 1 or not asked.is_summed or not set(asked.groups) <= plain:
        raise CountsOnly
    if any(asked.outputs[name].sql not in asked.groups for name in beside):
        raise CountsOnly
    if basis.least == Least.YES_NO and asked.groups:
        raise CountsOnly(str(YES_OR_NO))
    if asked.unshown:
        raise QueryError("bad-select", gettext_lazy("Name what is in “group_by” in “select” too."), "select")
    return [*counted, *beside]


def _told(basis: Basis, asked: Question, names: list[str], inner: str, conditions: list[str], key: str, k: str) -> str:
    """The steps up to what may be told: counted, then rounded down from a place drawn for each group."""
    counted, beside = names[0], [f"{asked.outputs[name].sql} AS {quoted(name)}" for name in names[1:]]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    by = f" GROUP BY {', '.join(asked.groups)}" if asked.groups else ""
    size = "count(DISTINCT __row)" if basis.people else COUNT
    once = {asked.outputs[name].sql: name for name in names[1:]}  # named twice, a column would draw another place
    group = ", ".join(f"CAST({quoted(once[sql])} AS VARCHAR)" for sql in sorted(once))
    text = f"CAST([{group}] AS VARCHAR)" if group else "''"
    drawn = f"CAST('0x' || left(sha256({key}::BLOB || encode({text})), 12) AS BIGINT) % {k}"
    others = "".join(f", {quoted(name)}" for name in names[1:])
    least = f"greatest(__n - {drawn}, 0)"
    said = f"{least} >= {k}" if basis.least == Least.YES_NO else f"CAST({least} // {k} * {k} AS BIGINT)"
    enough = f" WHERE {quoted(counted)} >= {k}" if asked.groups else ""
    return (
        f"WITH let_out AS ({inner}), counted AS (SELECT {', '.join([f'{size} AS __n', *beside])} FROM let_out{where}"
        f"{by}), rounded AS (SELECT {said} AS {quoted(counted)}{others} FROM counted),"
        f" told AS (SELECT * FROM rounded{enough})"
    )


def _after(query: RowQuery, asked: Question, about: str, scope: Scope) -> str:
    return beyond(asked.order, read_cursor(query.after, about, len(asked.order)), scope)


def _digest(basis, terms: TableTerms, content: str, conditions, groups, params: dict, zone: str) -> str:
    """What is asked of which rows, whoever of the recipient's people asks it under which of its grants."""
    filled = [PARAMETER.sub(lambda mark: repr(params.get(f"p{mark[1]}", mark[0])), one) for one in conditions]
    asked = {
        "recipient": str(basis.department_id or basis.account_id),
        "answers": [basis.least, basis.group_least, basis.people],
        "content": content,
        "terms": [sorted([name, mask or ""] for name, mask in terms.columns.items()), terms.where],
        "conditions": sorted(filled),
        "groups": sorted(set(groups)),
        "zone": zone,
    }
    return hashlib.sha256(canonical(asked)).hexdigest()


def _key(digest: str) -> bytes:
    """The secret from which the places of one question are drawn; it is derived when it is needed and kept nowhere."""
    return hmac.digest(settings.PSEUDONYM_SECRET.encode(), f"causeway counts {digest}".encode(), "sha256")
