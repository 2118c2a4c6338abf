"""Uploads of the pages: kept in memory, so that no copy of them lies readable on a disk."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

BODY_LIMIT = 41 << 20  # bytes of a form with its files; each page has a smaller limit of its own


class InMemory(MemoryFileUploadHandler):
    """Keeps files of every size in memory; raises RequestDataTooBig for a body above the limit."""

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, *more: Any, **named: Any
    ) -> None:
        """Look at the length before anything is read."""
        if content_length > BODY_LIMIT:
            raise RequestDataTooBig(f"more than {BODY_LIMIT} bytes")
        self.activated = True
