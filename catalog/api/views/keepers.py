"""What the views of a dataset's keepers start from."""

from catalog.api.access import find_dataset
from catalog.api.base import ApiView
from catalog.models import Dataset, Scope
from catalog.permissions import check_may_keep


class KeepersView(ApiView):
    """A view of a dataset that the caller keeps."""

    scopes = dict.fromkeys(("GET", "PUT", "POST", "DELETE"), Scope.WRITE)

    def kept(self, pk) -> Dataset:
        """The dataset, for its steward."""
        dataset = find_dataset(pk, self.by)
        check_may_keep(self.by, dataset)
        return dataset
