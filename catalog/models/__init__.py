"""The nouns of the catalogue, one a file."""

from catalog.models.basis import Basis, Extent, Least, Span, Way
from catalog.models.column import Column
from catalog.models.counted import CountedQuestion
from catalog.models.dataset import Dataset, DatasetChange, Link
from catalog.models.demand import Demand
from catalog.models.department import Department
from catalog.models.distribution import Distribution, Format
from catalog.models.export import Export
from catalog.models.idempotency import KeptAnswer
from catalog.models.job import Job
from catalog.models.key import Key, Scope
from catalog.models.membership import CITY_ROLES, Membership, Role
from catalog.models.message import Message
from catalog.models.meter import Meter
from catalog.models.permission import DepartmentPermission
from catalog.models.purge import Purge, PurgedFile
from catalog.models.row_changes import RowChanges
from catalog.models.search import SearchChange, SearchEntry, SearchIndex, SearchPending
from catalog.models.search_words import SearchSynonym, SearchTerm
from catalog.models.source import Source
from catalog.models.version import Document, Mode, Table, Version

__all__ = [
    "CITY_ROLES",
    "Basis",
    "Column",
    "CountedQuestion",
    "Dataset",
    "DatasetChange",
    "Demand",
    "Department",
    "DepartmentPermission",
    "Distribution",
    "Document",
    "Export",
    "Extent",
    "Format",
    "Job",
    "KeptAnswer",
    "Key",
    "Least",
    "Link",
    "Membership",
    "Message",
    "Meter",
    "Mode",
    "Purge",
    "PurgedFile",
    "Role",
    "RowChanges",
    "Scope",
    "SearchChange",
    "SearchEntry",
    "SearchIndex",
    "SearchPending",
    "SearchSynonym",
    "SearchTerm",
    "Source",
    "Span",
    "Table",
    "Version",
    "Way",
]
