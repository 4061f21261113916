"""The life of a submission. That of the release it may become is a basis', in catalog/states.py."""

from django.utils.translation import gettext_lazy as _

from catalog.states import Move, Moves

SUBMISSION = Moves(
    name="Submission",
    start="submitted",
    moves=(
        Move("clear", ("submitted",), "cleared", "reviewer, not the submitter"),
        Move("return", ("submitted",), "returned", "reviewer, not the submitter"),
        Move("withdraw", ("submitted",), "withdrawn", "steward of the owner"),
    ),
    refusals={
        "submitted": _("This submission waits for a reviewer."),
        "cleared": _("This submission was cleared already. To take the data back, withdraw the release."),
        "returned": _("This submission was returned already. Submit again with what the reviewer asked for."),
        "withdrawn": _("The owner withdrew this submission. It can be submitted again."),
    },
)
