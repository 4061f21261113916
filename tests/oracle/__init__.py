"""A slow, plain evaluator of bases and queries over lists of rows. It imports nothing of the product.

Expressions and conditions are nested tuples, written out as text for the product (`words`) and evaluated here, row by
row, from what docs/queries.md promises.
"""

from tests.oracle.bases import let_out, masked
from tests.oracle.changes import changes
from tests.oracle.conditions import COMPARE, holds
from tests.oracle.expressions import kind_of, value_of
from tests.oracle.queries import Query, answer
from tests.oracle.values import as_text
from tests.oracle.words import literal, text_of

__all__ = [
    "COMPARE", "Query", "answer", "as_text", "changes", "holds", "kind_of", "let_out", "literal", "masked", "text_of",
    "value_of",
]  # fmt: skip
