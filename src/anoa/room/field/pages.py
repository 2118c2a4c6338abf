"""What any phone may load before it has a token: the shell of the form, and its service worker.

None of it holds anything of the operation but the mark of an exercise. A browser keeps it all for
work without a network; the worker's text changes whenever one of the files does.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from anoa.room.field.words import words_by_language

FILES = Path(__file__).parents[1] / "static" / "room" / "field"
MODULES = ("vault.js", "sending.js")  # what the worker shares with the page
ICONS = ((192, "icon-192.png"), (512, "icon-512.png"))
IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (?=async function|function|const|class)", re.MULTILINE)
TYPES = {
    ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".png": "image/png",
}  # fmt: skip
POLICY = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """The page of the form: the same for everybody, filled by its modules."""
    answer = render(request, "room/field.html", {"modules": _modules()})
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Permissions-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@lru_cache(maxsize=1)
def _modules() -> list[str]:
    """Addresses of the modules, named in the page so that a phone asks for all at once."""
    return [_place(name) for name in sorted(_files()) if name.endswith(".js")]


@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Everything that the pages say, in every language."""
    return _packed(request, _words(), "application/json")


@lru_cache(maxsize=1)
def _words() -> bytes:
    return json.dumps(words_by_language(), ensure_ascii=False).encode()


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """One of the form's own files, compressed: a thin network is what they are for."""
    content = _files().get(name)
    if content is None:
        raise Http404
    return _packed(request, content, TYPES[Path(name).suffix])


@lru_cache(maxsize=1)
def _files() -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in FILES.iterdir() if one.name != "worker.js"}


def _packed(request: HttpRequest, content: bytes, media_type: str) -> HttpResponse:
    takes = "gzip" in request.headers.get("Accept-Encoding", "") and media_type != "image/png"
    body = _gzipped(content) if takes else content
    answer = HttpResponse(body, content_type=media_type, headers={"Cache-Control": "no-cache"})
    answer.headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    answer.headers["Vary"] = "Accept-Encoding"
    if takes:
        answer.headers["Content-Encoding"] = "gzip"
    if request.headers.get("If-None-Match") == answer.headers["ETag"]:
        answer.status_code, answer.content = 304, b""
    return answer


@lru_cache(maxsize=64)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to install the form."""
    said = {
        "name": "anoa: " + gettext("Field reports"), "short_name": "anoa",
        "lang": get_language(), "start_url": reverse("field"), "scope": reverse("field"),
        "display": "standalone", "background_color": "#f4f2ec", "theme_color": "#14344a",
        "icons": [
            {"src": _place(name), "sizes": f"{size}x{size}", "type": "image/png"}
            for size, name in ICONS
        ],
    }  # fmt: skip
    return JsonResponse(
        said, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"}
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, in one piece: not every browser can load one of modules."""
    return _packed(request, worker_text().encode(), TYPES[".js"])


@lru_cache(maxsize=1)
def worker_text() -> str:
    """The worker with the modules it shares and the list of what it keeps."""
    files = sorted(_files())
    kept = [
        reverse("field"), reverse("field_words"), reverse("field_manifest"),
        static("room/anoa.svg"), *(_place(name) for name in files),
    ]  # fmt: skip
    body = "\n".join(_without_modules(FILES / name) for name in (*MODULES, "worker.js"))
    digest = hashlib.sha256(body.encode())
    for name in files:
        digest.update(_files()[name])
    digest.update(_words())
    version = json.dumps(digest.hexdigest()[:16])
    head = f"const VERSION = {version};\nconst KEPT = {json.dumps(kept)};"
    return f'"use strict";\n(() => {{\n{head}\n{body}\n}})();\n'


def _place(name: str) -> str:
    return str(reverse("field_file", args=[name]))


def _without_modules(file: Path) -> str:
    return EXPORT.sub("", IMPORT.sub("", file.read_text("utf-8")))
