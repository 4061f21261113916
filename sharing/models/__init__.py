"""The nouns of exchange, one a file."""

from sharing.models.basket import BasketItem
from sharing.models.bridge import Bridge
from sharing.models.calendar import CalendarDay
from sharing.models.deadline import Deadline
from sharing.models.dry_run import DryRun, ToldShare
from sharing.models.extension import Extension
from sharing.models.grant import Grant
from sharing.models.notice import Notice
from sharing.models.package import Every, Package, PackageFormat, PackageLink, PackagePlan
from sharing.models.recipient_key import RecipientKey
from sharing.models.renewal import Renewal
from sharing.models.request import (
    Decision,
    Delivery,
    Frequency,
    Level,
    Question,
    Request,
    RequestedColumn,
    RequestMove,
)

__all__ = [
    "BasketItem",
    "Bridge",
    "CalendarDay",
    "Deadline",
    "Decision",
    "Delivery",
    "DryRun",
    "Every",
    "Extension",
    "Frequency",
    "Grant",
    "Level",
    "Notice",
    "Package",
    "PackageFormat",
    "PackageLink",
    "PackagePlan",
    "Question",
    "RecipientKey",
    "Renewal",
    "Request",
    "RequestMove",
    "RequestedColumn",
    "ToldShare",
]
