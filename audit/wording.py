"""The sentence of each kind of event, and the words for what events state by a code."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    # accounts
    "account.sign_up_asked": _("%(who)s asked for an account."),
    "account.signed_up": _("%(who)s followed the link: the account %(object)s was made."),
    "account.invited": _("%(who)s invited a person to the account %(object)s."),
    "account.signed_in": _("%(who)s signed in."),
    "account.sign_in_failed": _("%(who)s tried to sign in and was refused."),
    "account.signed_out": _("%(who)s signed out."),
    "account.reset_asked": _("%(who)s asked for a link to choose a new password."),
    "account.password_changed": _("%(who)s chose a new password for the account %(object)s."),
    "account.totp_set": _("%(who)s set up an authenticator app for the second step."),
    "account.totp_removed": _("%(who)s took away the second step of %(account)s."),
    "account.second_step_failed": _("A wrong code was typed for %(account)s after the right password, and refused."),
    "account.recovery_used": _("%(who)s used a recovery code; left: %(left)s."),
    "account.recovery_renewed": _("%(who)s made new recovery codes."),
    "account.changed": _("%(who)s changed the account %(object)s: %(fields)s."),
    "account.deactivated": _("%(who)s closed the account of %(account)s."),
    "account.reactivated": _("%(who)s opened the closed account of %(account)s again."),
    "membership.given": _("%(who)s gave %(member)s the role of %(role)s in %(department)s (until: %(until)s)."),
    "membership.ended": _("%(who)s ended the role of %(role)s that %(member)s held in %(department)s."),
    "key.made": _("%(who)s made the key %(object)s for: %(scopes)s (until: %(until)s)."),
    "key.revoked": _("%(who)s revoked the key %(object)s."),
    "key.rotated": _("%(who)s made another key in the place of the key %(object)s, which lives until %(until)s."),
    # catalogue
    "department.created": _("%(who)s entered %(department)s (%(code)s)."),
    "department.changed": _("%(who)s changed the entry of %(department)s: %(fields)s."),
    "enterprise.verified": _("%(who)s checked that %(department)s is who it says (%(code)s)."),
    "dataset.created": _("%(who)s began the dataset %(dataset)s of %(department)s."),
    "dataset.changed": _("%(who)s changed the description of %(dataset)s: %(fields)s."),
    "dataset.activated": _("%(who)s put %(dataset)s into the catalogue."),
    "dataset.retired": _("%(who)s took %(dataset)s out of use."),
    "dataset.restored": _("%(who)s took %(dataset)s into use again."),
    "column.changed": _("%(who)s changed the column %(column)s of %(dataset)s: %(fields)s."),
    "link.added": _("%(who)s added a link to %(dataset)s: %(url)s"),
    "link.removed": _("%(who)s removed a link from %(dataset)s: %(url)s"),
    "document.added": _("%(who)s added a document of %(bytes)s bytes to %(dataset)s."),
    "synonyms.added": _("%(who)s said which words searches take for the same, or set apart: %(words)s."),
    "synonyms.removed": _("%(who)s took back a group of words of searches: %(words)s."),
    "message.sent": _("%(who)s wrote to the owner of %(dataset)s."),
    "message.answered": _("%(who)s answered a message about %(dataset)s."),
    # sources
    "source.set": _("%(who)s set up a source of %(dataset)s: %(place)s."),
    "source.changed": _("%(who)s changed the source of %(dataset)s (%(place)s): %(fields)s."),
    "source.tested": _("%(who)s tried the source of %(dataset)s (%(place)s): %(outcome)s, %(rows)s rows shown."),
    "source.run_started": _("%(who)s had %(dataset)s fetched from its source (%(place)s)."),
    "source.ran": _("%(who)s noted that the source of %(dataset)s was fetched (version: %(version)s)."),
    "source.unchanged": _("%(who)s found nothing new in the source of %(dataset)s."),
    "source.failed": _("%(who)s noted that the source of %(dataset)s failed (%(code)s), %(failures)s times in a row."),
    "source.paused": _("%(who)s paused the source of %(dataset)s."),
    "source.resumed": _("%(who)s resumed the source of %(dataset)s."),
    "source.removed": _("%(who)s removed the source of %(dataset)s (%(place)s)."),
    # versions
    "load.started": _("%(who)s loaded a file of %(bytes)s bytes for %(dataset)s."),
    "load.failed": _("%(who)s could not read the file for %(dataset)s (%(code)s)."),
    "version.proposed": _("%(who)s read version %(version)s of %(dataset)s from the file: %(rows)s rows."),
    "version.confirmed": _("%(who)s made version %(version)s of %(dataset)s the current one: %(rows)s rows."),
    "version.columns_changed": _(
        "%(who)s said that version %(version)s of %(dataset)s has other columns than version %(before)s."
    ),
    "version.discarded": _("%(who)s discarded version %(version)s of %(dataset)s."),
    "version.dropped": _("%(who)s dropped version %(version)s of %(dataset)s, whose time was over: %(rows)s rows."),
    "dataset.retention_set": _(
        "%(who)s set how long versions of %(dataset)s are kept (versions: %(versions)s, days: %(days)s)."
    ),
    # files for one reader
    "export.asked": _("%(who)s asked for rows of %(dataset)s as a file (%(format)s), under the %(basis)s."),
    "export.ready": _("%(who)s made a file of %(rows)s rows (%(bytes)s bytes) of %(dataset)s for one reader."),
    "recipient_key.registered": _("%(who)s registered a public key of %(department)s (%(fingerprint)s)."),
    "recipient_key.confirmed": _("%(who)s confirmed the public key of %(department)s (%(fingerprint)s)."),
    "recipient_key.retired": _("%(who)s retired the public key of %(department)s (%(fingerprint)s)."),
    "package.asked": _("%(who)s asked for the rows of %(dataset)s as an encrypted package (%(format)s)."),
    "package.signed": _("%(who)s signed a package of %(rows)s rows of %(dataset)s (%(bytes)s bytes)."),
    "package.link_made": _("%(who)s made a link to a package of %(dataset)s (until: %(until)s)."),
    "package.fetched": _("%(who)s fetched a package of %(dataset)s to its end (%(bytes)s bytes)."),
    "package_plan.made": _("%(who)s planned packages of %(dataset)s (%(every)s, %(format)s)."),
    "package_plan.taken_over": _("%(who)s took over the plan of packages of %(dataset)s."),
    "package_plan.stopped": _("%(who)s stopped the plan of packages of %(dataset)s (%(reason)s)."),
    "package_plan.ended": _("%(who)s ended the plan of packages of %(dataset)s (%(reason)s)."),
    "export.failed": _("%(who)s could not make a file of %(dataset)s for one reader (%(code)s)."),
    "export.ended": _("%(who)s ended a file of %(dataset)s that was made for one reader: %(why)s."),
    # destruction by law
    "purge.asked": _("%(who)s asked to destroy versions %(versions)s of %(dataset)s by law (%(law)s, %(article)s)."),
    "purge.withdrawn": _("%(who)s withdrew what was asked: to destroy versions %(versions)s of %(dataset)s by law."),
    "purge.refused": _("%(who)s refused to destroy versions %(versions)s of %(dataset)s by law."),
    "purge.decided": _(
        "%(who)s decided, as the second person, to destroy versions %(versions)s of %(dataset)s by law "
        "(%(law)s, %(article)s): %(rows)s rows."
    ),
    "purge.carried_out": _(
        "%(who)s destroyed %(count)s stored files of versions %(versions)s of %(dataset)s (%(bytes)s bytes); "
        "kept, because versions that were not named hold them too: %(kept)s."
    ),
    # the store
    "store.repaired": _("%(who)s mended a stored file of %(dataset)s (%(how)s)."),
    "store.cleared": _("%(who)s removed %(count)s stored files that nothing named (%(bytes)s bytes)."),
    # bases
    "duty.made": _("%(who)s recorded the %(basis)s: people of %(department)s may look at %(dataset)s for their work."),
    "duty.closed": _("%(who)s closed the %(basis)s over %(dataset)s."),
    "grant.made": _("%(who)s lent %(dataset)s of %(department)s to %(recipient)s until %(until)s (%(basis)s)."),
    "grant.suspended": _("%(who)s suspended the %(basis)s over %(dataset)s: nothing leaves under it."),
    "grant.resumed": _("%(who)s resumed the %(basis)s over %(dataset)s."),
    "grant.revoked": _("%(who)s revoked the %(basis)s over %(dataset)s for good."),
    "grant.expired": _("The %(basis)s over %(dataset)s ended by its date, %(until)s."),
    "grant.returned": _("%(who)s gave the %(basis)s over %(dataset)s back, for who received it."),
    "grant.renewal_proposed": _(
        "%(who)s proposed to renew the %(basis)s over %(dataset)s until %(until)s. It waits for another approver."
    ),
    "grant.renewal_declined": _("%(who)s declined to renew the %(basis)s over %(dataset)s until %(until)s."),
    "grant.superseded": _(
        "%(who)s renewed the %(basis)s over %(dataset)s until %(until)s. Under it there were %(readings)s readings of "
        "%(rows)s rows."
    ),
    "grant.ended": _("%(who)s attested that what was received under the %(basis)s over %(dataset)s is disposed of."),
    "bridge.asked": _("%(who)s asked for a bridge between two grants, the one over %(dataset)s, until %(until)s."),
    "bridge.agreed": _("%(who)s agreed for one owner to a bridge between two grants, the one over %(dataset)s."),
    "bridge.approved": _("%(who)s approved a bridge between two grants, the one over %(dataset)s, until %(until)s."),
    "bridge.refused": _("%(who)s refused a bridge between two grants, the one over %(dataset)s."),
    "bridge.withdrawn": _("%(who)s withdrew a bridge between two grants, the one over %(dataset)s."),
    "bridge.ended": _("%(who)s ended a bridge between two grants, the one over %(dataset)s."),
    "submission.made": _("%(who)s submitted version %(version)s of %(dataset)s for opening."),
    "submission.returned": _("%(who)s returned the submission of %(dataset)s."),
    "submission.withdrawn": _("%(who)s withdrew the submission of %(dataset)s."),
    "release.made": _("%(who)s cleared version %(version)s of %(dataset)s: it is open to everybody (%(basis)s)."),
    "release.withdrawn": _("%(who)s withdrew %(dataset)s: it is no longer open (%(basis)s)."),
    "release.files_built": _("%(who)s built the files of the %(basis)s of %(dataset)s."),
    # requests for data
    "request.started": _("%(who)s began to draft a request of %(department)s for %(dataset)s (%(table)s)."),
    "request.changed": _("%(who)s changed a draft of %(department)s for %(dataset)s: %(fields)s."),
    "request.sent": _("%(who)s sent a request of %(department)s for %(dataset)s to the head of the department."),
    "request.sent_back": _("%(who)s sent a request for %(dataset)s back to who drafted it, for %(department)s."),
    "request.submitted": _("%(who)s submitted the request %(reference)s of %(department)s for %(dataset)s."),
    "request.received": _(
        "%(who)s found the form of the request %(reference)s for %(dataset)s right: its reply is due by %(due_on)s."
    ),
    "request.returned": _(
        "%(who)s returned the request %(reference)s for %(dataset)s to %(department)s with %(count)s questions."
    ),
    "request.answered": _("%(who)s answered the %(count)s questions about the request %(reference)s for %(dataset)s."),
    "request.extension_asked": _("%(who)s asked for more time to reply to the request %(reference)s for %(dataset)s."),
    "request.extension_denied": _("%(who)s gave no more time to reply to the request %(reference)s for %(dataset)s."),
    "request.extended": _(
        "%(who)s gave more time to reply to the request %(reference)s for %(dataset)s, until %(due_on)s."
    ),
    "request.transferred": _("%(who)s handed the request %(reference)s for %(dataset)s to another approver."),
    "request.escalated": _("%(who)s handed the request %(reference)s for %(dataset)s to the authority, which decides."),
    "request.tried": _(
        "%(who)s looked at what terms for the request %(reference)s of %(department)s would let out of %(dataset)s."
    ),
    "request.proposed": _(
        "%(who)s agreed to the request %(reference)s of %(department)s for %(dataset)s; a second one must agree too."
    ),
    "request.disagreed": _(
        "%(who)s did not agree, as the second approver, to the request %(reference)s for %(dataset)s."
    ),
    "request.agreed": _("%(who)s agreed to the request %(reference)s of %(department)s for %(dataset)s (%(basis)s)."),
    "request.refused": _(
        "%(who)s refused the request %(reference)s of %(department)s for %(dataset)s (%(code)s, %(article)s)."
    ),
    "request.delivered": _("The first rows of %(dataset)s left under the request %(reference)s of %(department)s."),
    "request.over": _(
        "The grant of the request %(reference)s of %(department)s for %(dataset)s ended: its disposal is due."
    ),
    "request.ended": _(
        "%(who)s attested what became of the data of %(dataset)s received under the request %(reference)s."
    ),
    "calendar.set": _("%(who)s set the days from %(first)s to %(last)s in the city's calendar (worked: %(working)s)."),
    "calendar.cleared": _("%(who)s gave the days from %(first)s to %(last)s back to the country's calendar."),
    "request.reminded": _(
        "The clock of the request %(reference)s for %(dataset)s reminded of its last day, %(due_on)s."
    ),
    "request.clock_missed": _(
        "A deadline of the request %(reference)s for %(dataset)s lapsed: %(lapsed_on)s passed and nothing was done."
    ),
    "request.withdrawn": _("%(who)s withdrew a request of %(department)s for %(dataset)s (%(reference)s)."),
    # exits
    "disclosure.opened": _(
        "%(who)s, for %(department)s, opened %(exit)s of %(dataset)s under the %(basis)s: at most %(ceiling)s rows."
    ),
    "disclosure.closed": _(
        "%(who)s, for %(department)s, received %(rows)s rows (%(bytes)s bytes) of %(dataset)s under the %(basis)s; "
        "%(outcome)s."
    ),
    # the log itself
    "log.viewed": _("%(who)s looked at events (%(filters)s)."),
    "log.exported": _("%(who)s took %(count)s events away as a file (%(filters)s)."),
    "log.checked": _("%(who)s had events checked against the log: %(count)s."),
    "log.alarm_raised": _("%(who)s raised an alarm about the log (%(alarm)s, %(about)s): %(sentence)s"),
    "log.alarm_ended": _("%(who)s ended the alarm about the log (%(alarm)s, %(about)s)."),
    "log.key_changed": _("From now on the log signs with the key %(key)s."),
    "retention.set": _("%(who)s set how long personal details of events are kept: %(months)s months."),
    "hold.placed": _("%(who)s placed a legal hold on %(about)s: nothing of it may be erased."),
    "hold.lifted": _("%(who)s lifted the legal hold on %(about)s."),
    "details.erased": _("%(who)s erased the personal details of %(count)s events."),
    "configuration.changed": _("The system started with other settings: %(changes)s."),
}

ROLES = {
    "steward": _("steward"),
    "approver": _("approver"),
    "requester": _("requester"),
    "authority": _("authority"),
    "reviewer": _("reviewer"),
    "auditor": _("auditor"),
    "administrator": _("administrator"),
}

BASES = {"duty": _("duty"), "grant": _("grant"), "release": _("release")}

EXITS = {
    "rows": _("rows"),
    "changes": _("changes of rows"),
    "groups": _("numbers about groups of rows"),
    "proposed": _("rows under proposed terms"),
    "matches": _("shares of values that two tables have in common"),
    "file": _("a file"),
    "document": _("a document"),
    "export": _("a prepared file"),
    "package": _("an encrypted package"),
}

ENDINGS = {
    "asked": _("who asked for it needs it no more"),
    "time-over": _("its time was over"),
    "basis-ended": _("the right it was made under ended"),
    "version-gone": _("the version it was made of is gone"),
    "key-retired": _("the key it was sealed to was retired"),
}

MENDED = {
    "written again": _("written again from the database"),
    "copied": _("copied from the same bytes elsewhere"),
    "made again": _("made again from the serving copy, bit for bit"),
    "built again": _("built again from the rows"),
}

OUTCOMES = {
    "complete": _("all that was asked for left"),
    "reader left": _("the reader hung up before the end"),
    "broken": _("it broke off by a fault"),
    "ended": _("the right ended while it ran"),
    "unchecked": _("it was stopped: whether the right still held could not be asked"),
    "not modified": _("the reader had it already"),
    "no such range": _("nothing left: there is no such part of the file"),
    "head only": _("only its length was asked for"),
    "handed to the web server": _("the file was handed to the web server"),
}

# Kinds in groups, as a filter offers them.
GROUPS = {
    "disclosures": (_("Readings of data"), ("disclosure.", "export.", "package.", "package_plan.", "recipient_key.")),
    "rights": (
        _("Grants, duties, releases and submissions"),
        ("grant.", "bridge.", "duty.", "release.", "submission."),
    ),
    "requests": (_("Requests for data"), ("request.", "calendar.")),
    "catalogue": (
        _("Catalogue and versions"),
        (
            "dataset.",
            "column.",
            "link.",
            "document.",
            "message.",
            "source.",
            "load.",
            "version.",
            "purge.",
            "store.",
            "synonyms.",
        ),
    ),
    "people": (
        _("Accounts, roles, keys and departments"),
        ("account.", "membership.", "key.", "department.", "enterprise."),
    ),
    "log": (_("The log itself"), ("log.", "retention.", "hold.", "details.", "configuration.")),
}
