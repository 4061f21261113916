"""A witness: remembers the largest state of each log that it was shown, and cosigns what only adds to it.

It speaks C2SP tlog-witness, keeps a small database of its own, and needs nothing else of Causeway: a department or an
outsider runs it on a machine of theirs.
"""
