"""Why a source could not be fetched, or must be looked at: a code and a sentence, and never what opens the source."""

from django.utils.translation import gettext_lazy as _

from catalog.ingest.errors import ReadingError

WORDS = {
    "source-removed": _("The source was removed or paused while this run waited. Set it up or resume it, then run it."),
    "source-address": _(
        "The server {host} lies in a network that is closed to sources. Ask the operator to list it in SOURCE_HOSTS."
    ),
    "source-unknown-host": _("No server is known by the name {host}. Check the name."),
    "source-unreachable": _("{host} does not answer. Check the server, the port, and that it lets this platform in."),
    "source-refused": _("{host} refused the login. Check the login name, the password and the database."),
    "source-refused-key": _(
        "{host} does not let the key of this source in. Give its keeper the public half, and compare the login name."
    ),
    "source-no-tls": _("{host} offers no encrypted connection that can be trusted. Ask its keeper to switch TLS on."),
    "source-own": _("{host} is this platform’s own database. A source leads to a department’s."),
    "source-needs-tls": _(
        "{host} asks for the password itself, which is sent over an encrypted connection only. Switch TLS on."
    ),
    "source-login-kind": _(
        "{host} asks for a kind of login that is not known here. Ask its keeper for one by a plain password."
    ),
    "source-not-understood": _("{host} gives answers that make no sense. Check the kind of server and the port."),
    "source-too-wide": _("{what} has more than {most} columns. Leave some out by a view."),
    "source-broke-off": _("{host} broke off in the middle. Nothing of it was kept; the next run begins again."),
    "source-slow": _("{host} took longer than allowed. Ask for less, or run it when {host} has less to do."),
    "source-no-table": _("There is no table or view {what} that this login can see. There are: {known}."),
    "source-no-column": _("{what} has no column {column}. Its columns are: {known}."),
    "source-no-right": _("The login may not read {what}. Ask the database’s keeper for the right to SELECT."),
    "source-bad-values": _(
        "{what} holds values that no table here can hold, such as dates before the year 1. Leave them out by a view."
    ),
    "source-query": _("{host} could not answer (error {state}). Ask its keeper to try SELECT * FROM {what}."),
    "source-no-columns": _("{what} has no columns."),
    "source-no-rows": _("{what} is empty. Nothing was changed."),
    "source-too-large": _("What {host} sends is larger than {limit} GB, the most that is taken. Fetch a smaller part."),
    "source-bad-address": _("This is no address of the kind https://server/path without login and fragment."),
    "source-answer": _("{host} answered {status}. Open the address in a browser and see what it says."),
    "source-redirects": _("{host} sends from one address to the next without end. Name the last one."),
    "source-key-unknown": _("The key of {host} is not known yet. Test the source, compare the key, and trust it."),
    "source-key-changed": _(
        "{host} shows another key than the one that was trusted. Ask its keeper why, then test and trust the new one."
    ),
    "source-no-folder": _("There is no folder {what} that can be read."),
    "source-no-file": _("No finished file matches {what} now."),
    "source-outside": _("{what} leads out of the folder of sources. Name a path inside it."),
    "source-no-root": _("No folder of this platform’s server is open to sources. The operator sets SOURCE_FOLDER."),
    "source-sealed": _(
        "What opens this source can no longer be read here. Enter the password again, or give it another key."
    ),
}
NOTES = {
    "lost-rows": _("{table} had {before} rows and has {now} now. Most are gone: make sure that the source is whole."),
    "lost-columns": _("{table} lost columns that it had before: {columns}."),
}


class SourceError(ReadingError):
    """A source gave nothing. Its parameters are names and codes: no secret and no message of another server."""

    def __init__(self, code: str, **params):
        self.code, self.params = code, params
        self.row = self.column = None
        self.sentence = str(WORDS[code]).format(**params)
        Exception.__init__(self, self.sentence)

    @property
    def words(self) -> str:
        """The sentence in the reader's language."""
        return str(WORDS[self.code]).format(**self.params)


def note_of(code: str, **params) -> dict:
    """One thing that a steward should look at before the version becomes current."""
    return {"code": code, "params": params, "sentence": str(NOTES[code]).format(**params)}
