"""A move of a thing's life as a page of its own: one shape for grants and bridges."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.forms import ActionForm


@dataclass(frozen=True)
class Step:
    """One move as a page: the move of the table, who makes it, the action with its form, and its words."""

    move: str
    check: Callable
    act: Callable
    form: type[ActionForm]
    title: str
    label: str
    lead: str
    danger: bool = False
