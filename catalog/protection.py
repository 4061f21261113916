"""Which columns of some terms tell of persons and would leave as they are."""

from catalog.models import Column, Dataset
from catalog.terms import Terms


def bare_columns(dataset: Dataset, terms: Terms, types: dict[str, dict[str, str]]) -> list[str]:
    """The names of those for which `Column.is_bare` holds, in order; `types` are the column types of each table."""
    found = Column.objects.protected().filter(dataset=dataset, table__in=terms.tables)
    return [
        column.name
        for column in found
        if column.name in terms.tables[column.table].columns
        and column.is_bare(terms.tables[column.table].columns[column.name], types[column.table][column.name])
    ]
