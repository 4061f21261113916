"""The form by which a reader writes to the owner of a dataset."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionModelForm
from catalog.models import Message
from portal.accounts.forms import TrapField


class MessageForm(ActionModelForm):
    """What about, the words, and an address for the answer."""

    trap = TrapField()

    class Meta:
        model = Message
        fields = ["topic", "text", "email"]
        widgets = {
            "topic": forms.RadioSelect,
            "text": forms.Textarea(attrs={"rows": 8, "data-left": _("%d characters left")}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        help_texts = {
            "text": _("For an error, say which rows or columns, and what would be right. The owner reads it."),
            "email": _("Only if you want an answer. It is used for nothing else."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        topics = Message.Topic
        self.fields["topic"].choices = [choice for choice in topics.choices if choice[0] != topics.SOURCE]

    def clean(self) -> dict:
        """The message alone, without the trap."""
        return {name: value for name, value in super().clean().items() if name != "trap"}
