"""The log for people: the auditor's desk, receipts, and the page that says how to check us."""
