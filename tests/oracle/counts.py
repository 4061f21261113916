"""What a grant of counts may say of so many rows: whatever is drawn, and never more than there are."""


def may_be_said(rows: int, k: int) -> set[int]:
    """The multiples of `k` that so many rows may be said to be, one for each number that may be taken off first."""
    return {max(rows - drawn, 0) // k * k for drawn in range(k)}


def must_be_said(sizes: dict, k: int) -> set:
    """The groups that are told whatever is drawn; of the others those under `k` never are."""
    return {name for name, rows in sizes.items() if rows >= 2 * k - 1}
