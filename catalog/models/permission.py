"""Object permissions on departments, with direct foreign keys: derived from memberships by one action."""

from django.db import models
from guardian.models import UserObjectPermissionBase

from catalog.models.department import Department


class DepartmentPermission(UserObjectPermissionBase):
    """One derived right of one person over one department's data."""

    content_object = models.ForeignKey(Department, models.CASCADE)

    def __str__(self) -> str:
        return f"{self.user_id} {self.permission_id} {self.content_object_id}"
