"""Every kind of event, and the facts that it must carry. An event of another kind is refused."""

KINDS: dict[str, frozenset[str]] = {
    kind: frozenset(facts.split())
    for kind, facts in {
        # accounts
        "account.sign_up_asked": "account_kind",
        "account.signed_up": "account_kind",
        "account.invited": "",
        "account.signed_in": "",
        "account.sign_in_failed": "",
        "account.signed_out": "",
        "account.reset_asked": "",
        "account.password_changed": "",
        "account.changed": "fields",
        "account.deactivated": "reason",
        "account.reactivated": "reason",
        "membership.given": "member role until",
        "membership.ended": "member role reason",
        "key.made": "scopes until datasets",
        "key.revoked": "reason",
        # catalogue
        "department.created": "code",
        "department.changed": "fields",
        "enterprise.verified": "code",
        "dataset.created": "",
        "dataset.changed": "fields change_sha256",
        "dataset.activated": "",
        "dataset.retired": "reason",
        "dataset.restored": "",
        "column.changed": "table fields change_sha256",
        "link.added": "",
        "link.removed": "",
        "document.added": "sha256 bytes",
        "message.sent": "topic",
        "message.answered": "",
        # versions
        "load.started": "file_sha256 bytes",
        "load.failed": "code",
        "version.proposed": "version sha256 rows",
        "version.confirmed": "version sha256 rows",
        "version.discarded": "version reason",
        # bases
        "duty.made": "terms_sha256",
        "duty.closed": "reason",
        "grant.made": "terms_sha256 purpose legal_basis until recipient",
        "grant.suspended": "reason",
        "grant.resumed": "reason",
        "grant.revoked": "reason",
        "grant.expired": "until",
        "submission.made": "version terms_sha256",
        "submission.returned": "reason",
        "submission.withdrawn": "reason",
        "release.made": "version terms_sha256",
        "release.withdrawn": "reason",
        "release.files_built": "files",
        # exits
        "disclosure.opened": "exit purpose legal_basis version table columns query query_sha256 ceiling",
        "disclosure.closed": "opened rows bytes outcome",
    }.items()
}
