"""Takes in the files of a request before anybody looked at it: bounded, on disk, and from nobody without account."""

from pathlib import Path

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class BoundedUpload(TemporaryFileUploadHandler):
    """A file that is too large, or that comes from somebody who has not signed in, is read past and never stored.

    The API looks at the key before it reads the body, so what gets here on its addresses was let in.
    """

    def new_file(self, *args, **kwargs):
        """Opens a file in the scratch folder, or skips what is coming."""
        if not self.request.path.startswith("/api/") and not self.request.user.is_authenticated:
            raise SkipFile
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data, start):
        """Writes a piece; past the limit the rest is skipped, and the form says that no file came."""
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
