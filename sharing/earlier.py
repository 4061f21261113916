"""What a department answered before: the same question is not asked twice, only confirmed."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from sharing.models import Request

# What seldom differs from one request of a department to the next.
LASTING = (
    "function", "instrument", "article", "instrument_version", "delivery", "kept_where", "security_name",
    "security_email", "disposal", "accountable", "deputy", "frequency", "data_life_days",
)  # fmt: skip


@dataclass
class Earlier:
    """The answers of one earlier request; `given` says which of them were offered to a form."""

    request: Request | None = None
    given: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """How the earlier request is called."""
        if self.request is None:
            return ""
        return self.request.reference or _("your draft about %(dataset)s") % {"dataset": self.request.dataset.title}

    def of(self, names: list[str]) -> dict:
        """The answers to these fields that may be offered again."""
        if self.request is None:
            return {}
        found = {name: getattr(self.request, name) for name in names if name in LASTING}
        self.given = [name for name, value in found.items() if value]
        return {name: found[name] for name in self.given}


def earlier_of(draft: Request) -> Earlier:
    """The newest other request of the department, or enterprise, that says who answers for it or under which law."""
    others = Request.objects.filter(department=draft.department_id).exclude(pk=draft.pk)
    others = others.exclude(instrument="", accountable="")
    return Earlier(others.select_related("dataset").order_by("-drafted_at", "-id").first())
