"""The terms of a basis: which tables, which columns under which masks, which rows, and whether documents."""

import hashlib
from dataclasses import dataclass, field

import rfc8785


@dataclass(frozen=True)
class TableTerms:
    """What leaves of one table. A column that is not named here does not exist for the reader."""

    columns: dict[str, str | None]
    where: str = ""


@dataclass(frozen=True)
class Terms:
    """What leaves of a dataset. `everything` is for the owner's own duty alone."""

    tables: dict[str, TableTerms] = field(default_factory=dict)
    documents: bool = False
    everything: bool = False

    @classmethod
    def from_json(cls, value: dict) -> "Terms":
        """The terms as stored in `Basis.terms`."""
        return cls(
            tables={
                name: TableTerms(columns=dict(table["columns"]), where=table.get("where", ""))
                for name, table in value.get("tables", {}).items()
            },
            documents=value.get("documents", False),
            everything=value.get("everything", False),
        )

    def to_json(self) -> dict:
        """The form in which terms are stored; equal terms give equal JSON."""
        if self.everything:
            return {"everything": True, "documents": True}
        return {
            "tables": {name: {"columns": t.columns, "where": t.where} for name, t in sorted(self.tables.items())},
            "documents": self.documents,
        }

    @property
    def sha256(self) -> str:
        """The digest of the canonical JSON of the terms."""
        return hashlib.sha256(rfc8785.dumps(self.to_json())).hexdigest()

    def of_table(self, name: str, types: dict[str, str]) -> TableTerms | None:
        """What leaves of this table, given the columns it has in a version; None where nothing does."""
        if self.everything:
            return TableTerms(columns=dict.fromkeys(types))
        table = self.tables.get(name)
        if table is None:
            return None
        kept = {column: table.columns[column] for column in types if column in table.columns}
        return TableTerms(columns=kept, where=table.where) if kept else None
