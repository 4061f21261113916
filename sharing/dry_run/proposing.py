"""What a dry run is about: the table as the owner's duty opens it, and what is proposed beside what is read today."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Basis, Column
from catalog.permissions import bases_open_to
from catalog.terms import Terms
from catalog.versions import latest_under
from sharing.dry_run.figures import Look, Proposal
from sharing.dry_run.quasi import telling_columns
from sharing.dry_run.today import bases_today, terms_today
from sharing.models import Request
from sharing.policies.agreeing import Agreed


def looked_at(request: Request, *, by: Actor) -> Look:
    """The asked table as it is now, under the duty by which the owner's people work with their data."""
    duties = bases_open_to(by).filter(kind=Basis.Kind.DUTY, dataset=request.dataset_id, version=None)
    duties = duties.select_related("dataset__current", "dataset__department", "department").order_by("made_at", "pk")
    duty = next((one for one in duties if Terms.from_json(one.terms).everything), None)
    if duty is None:
        raise PermissionDenied(
            _("Only the owner's own people can try terms on this data. Ask an approver of %(department)s to do it.")
            % {"department": request.dataset.department.name}
        )
    version = latest_under(duty)
    table = version.tables.filter(name=request.table).first() if version else None
    if table is None:
        raise ValidationError(_("There is no table to try terms on: the dataset has no such rows now."))
    return Look(version, table, duty, by)


def proposal_of(request: Request, agreed: Agreed, look: Look, *, telling: list[str] | None) -> Proposal:
    """What is proposed, what the requester reads today, and by which columns rows are told apart."""
    types = look.table.types
    columns = list(Column.objects.filter(dataset=request.dataset_id, table=request.table, name__in=types))
    if telling is None:
        chosen = telling_columns(columns, types)
    else:
        strange = ", ".join(sorted(set(telling) - types.keys()))
        if strange:
            raise ValidationError(_("These columns are not there: %(columns)s."), params={"columns": strange})
        chosen = [name for name in types if name in telling]
    proposed = agreed.terms.of_table(request.table, types)
    return Proposal(terms_today(bases_today(request), request.table, types), proposed, chosen, columns)
