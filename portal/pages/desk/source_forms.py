"""What a steward states of a source: one short form for each kind."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms import ActionForm
from catalog.models import Source
from catalog.sources.definition import COMMON, NEEDED, OF_KIND

WHAT = {
    Source.Kind.POSTGRESQL: (_("Table or view"), _("Such as public.trees. A view lets you choose columns and rows.")),
    Source.Kind.MYSQL: (_("Table or view"), _("Such as trees. A view lets you choose columns and rows.")),
    Source.Kind.HTTPS: (_("Address of the file"), _("Such as https://server.example/trees.csv")),
    Source.Kind.SFTP: (_("Path of the file"), _("Such as /out/trees-*.csv: the newest file that fits is fetched.")),
    Source.Kind.FOLDER: (_("Path of the file"), _("Such as trees/*.csv: the newest file that fits is fetched.")),
}
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SecretText(forms.Textarea):
    """Several lines that never come back in a page."""

    def format_value(self, value):
        """Nothing: what was typed is not shown again."""
        return ""


class SourceForm(ActionForm):
    """The fields of one kind; the password is never shown, and left empty it stays as it is."""

    host = forms.CharField(label=_("Server"), max_length=255, help_text=_("Its name, such as db.parks.example."))
    port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65_535, required=False, help_text=_("Empty: the usual one.")
    )
    database = forms.CharField(label=_("Database"), max_length=120)
    username = forms.CharField(
        label=_("Login name"),
        max_length=120,
        help_text=_("Best a login of its own that may only read this."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        required=False,
        help_text=_("Kept sealed and never shown again. Empty: the one there is stays."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sign_in = forms.ChoiceField(
        label=_("How it signs in"),
        choices=Source.SignIn.choices,
        initial=Source.SignIn.MADE,
        widget=forms.RadioSelect,
        help_text=_("A key is safer than a password: the half that opens the server never leaves this platform."),
    )
    private_key = forms.CharField(
        label=_("Private key"),
        max_length=20_000,
        required=False,
        help_text=_("Only with a key of yours: all of the file, of the kind Ed25519, ECDSA or RSA. Never shown again."),
        widget=SecretText(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )
    passphrase = forms.CharField(
        label=_("Passphrase of the private key"),
        max_length=1000,
        strip=False,
        required=False,
        help_text=_("If it has one. It opens the key once and is not kept."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    tls = forms.BooleanField(label=_("Encrypt the connection (TLS)"), required=False, initial=True)
    what = forms.CharField(max_length=1000)
    watermark = forms.CharField(
        label=_("Column that grows with every change"),
        max_length=120,
        required=False,
        help_text=_("Such as changed_at. Nothing is fetched while its greatest value stays the same."),
    )
    taking = forms.ChoiceField(
        label=_("How new rows are taken"),
        choices=Source.Taking.choices,
        initial=Source.Taking.WHOLE,
        help_text=_("With a column that grows. The last needs the key of the table in the dictionary."),
    )
    schedule = forms.ChoiceField(label=_("How often"), choices=Source.Schedule.choices, initial="daily")
    at = forms.TimeField(
        label=_("At what time"), initial="03:00", widget=CLOCK, help_text=_("By the city’s clock, for days and more.")
    )
    confirm = forms.BooleanField(
        label=_("Make new versions current by themselves"),
        required=False,
        initial=True,
        help_text=_("Not where something must be asked: most rows or a column gone, cells that do not fit."),
    )

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields.keys() - {*OF_KIND[kind], *COMMON}:
            del self.fields[name]
        for name in self.fields.keys() & {"username", "host", "database"}:
            self.fields[name].required = name in NEEDED[kind]
        self.order_fields([*OF_KIND[kind], *COMMON])
        self.fields["what"].label, self.fields["what"].help_text = WHAT[kind]
        self.kind = kind

    @property
    def stated(self) -> dict:
        """All that was stated, with the kind."""
        return {"kind": self.kind, **self.cleaned_data}
