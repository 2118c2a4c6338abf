"""Static files of other packages of which only a few are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# The zoomable map draws vectors, so no tile layer, no marker picture and no plug-in is served.
LEAFLET_FILES = ("leaflet/leaflet.js", "leaflet/leaflet.css")


class LeafletFiles(BaseFinder):
    """Leaflet itself (BSD-2-Clause) out of django-leaflet, which brings much that nobody asks for.

    django-leaflet is no installed app: its tags and settings are not used, only these files.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        found = find_spec("leaflet")
        places = found.submodule_search_locations if found else None
        self.storage = FileSystemStorage(location=Path(next(iter(places or ("",))), "static"))

    def check(self, **kwargs: Any) -> list[Any]:
        """There is nothing to configure."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Where one of the files lies; nothing for any other."""
        place = self.storage.path(path) if path in LEAFLET_FILES else None
        if find_all:
            return [place] if place else []
        return place or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """The files, as those who serve or collect them ask."""
        return ((path, self.storage) for path in LEAFLET_FILES if self.storage.exists(path))
