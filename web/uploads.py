"""What becomes of an uploaded file while it arrives: it stays in memory, and no more of it than a page takes.

A patient's data never lies in a temporary folder. Which files a page takes is for the page.
"""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload

from clinic.importing.uploads import MOST_BYTES

# Besides the file a form has a few short fields.
REST_OF_THE_FORM = 100_000


class BoundedUpload(MemoryFileUploadHandler):
    """Takes a file into memory; of a larger one nothing is kept, and the form arrives without it.

    `request.META["CONTENT_LENGTH"]` then tells the page why: see `is_too_large`.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        self.activated = content_length <= MOST_BYTES + REST_OF_THE_FORM

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self.activated:
            raise StopUpload(connection_reset=False)  # reads the rest and throws it away
        return super().receive_data_chunk(raw_data, start)


def is_too_large(request: Any) -> bool:
    """Whether this request's file was left behind for its size."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isdecimal() and int(length) > MOST_BYTES + REST_OF_THE_FORM
