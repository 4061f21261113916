"""When a request may be answered: it is what was submitted, what changed was seen, and a refusal says why."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.codes import SharingClass
from catalog.policies import faults
from sharing.asked import asked_sha256, changes_since, standing_sha256
from sharing.models import Decision, Question, Request
from sharing.policies.texts import MOST_LETTERS, too_long

MOST_QUESTIONS = 40


def check_all_answered(questions: list[Question], answers: dict[int, str]) -> None:
    """Every question has its answer, and nothing else is answered."""
    open_ones = {question.pk: question for question in questions}
    if answers.keys() - open_ones.keys():
        raise ValidationError(_("That question is not one of this request."))
    for number in open_ones:
        if not answers.get(number, "").strip():
            raise ValidationError(_("Answer all questions: the clock runs on when every one is answered."))
        if len(answers[number]) > MOST_LETTERS:
            raise ValidationError(_("An answer has at most 2,000 characters."))


def check_questions(texts: list[str]) -> None:
    """There is something to ask, in questions that can be read."""
    if not texts:
        raise ValidationError(_("Write at least one question."))
    if len(texts) > MOST_QUESTIONS or max(map(len, texts)) > MOST_LETTERS:
        raise ValidationError(_("Ask at most 40 questions of at most 2,000 characters each."))


def check_refusal(decision: Decision) -> None:
    """A refusal says why, under which rule, and how to appeal."""
    fields = ("code", "article", "appeal", "note")
    wrong = faults(decision, fields) | too_long(decision, fields)
    said = {
        "code": _("Choose the reason."),
        "article": _("Name the rule relied on."),
        "appeal": _("Say how the requester can appeal."),
    }
    wrong |= {name: [text] for name, text in said.items() if not getattr(decision, name)}
    if wrong:
        raise ValidationError(wrong)


def check_unedited(request: Request) -> None:
    """What was declared is what is decided about, letter for letter."""
    if asked_sha256(request) != request.asked_sha256:
        raise ValidationError(
            _("What is asked is no longer what was submitted. Refuse it; the requester can copy it as a new one.")
        )


def check_seen(request: Request, seen_sha256: str) -> None:
    """Whoever approves has seen what changed in the dataset since the request was submitted."""
    changed = changes_since(request)
    if changed and seen_sha256 != standing_sha256(request):
        raise ValidationError(
            _("The dataset changed since this was asked. Look at what changed, then confirm: %(changes)s"),
            params={"changes": " ".join(changed)},
        )


def check_may_be_granted(request: Request) -> None:
    """What a law withholds is granted by the authority, under a stated exemption."""
    if request.dataset.sharing_class != SharingClass.WITHHELD:
        return
    law = {"law": request.dataset.sharing_law}
    if not request.exemption.strip():
        raise ValidationError(_("%(law)s withholds this dataset, and the request names no exemption."), params=law)
    if not request.with_authority:
        raise ValidationError(_("%(law)s withholds this dataset. Escalate: the authority decides."), params=law)


def check_not_asked_twice(request: Request) -> None:
    """All open questions are asked at once, and once only: the clock stands meanwhile."""
    if request.questions.exists():
        raise ValidationError(_("Questions were asked once already. Decide on what the request says now."))
