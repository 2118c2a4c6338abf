"""A phone that speaks as ODK Collect does over a socket: its headers in their order, its parts."""

import gzip
import hashlib
import http.client
import io
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree import ElementTree

BOUNDARY = "6f1d7c52-0b3e-4d3a-9f61-2d0a55c1e7aa"
AGENT = "org.odk.collect.android/v2026.2.1 Dalvik/2.1.0 (Linux; U; Android 13)"
DEVICE = "collect:Zk3vQ0pLw8aTn4Ys"
DATE = "Wed, 27 Nov 2024 01:05:09 GMT"  # by a clock of twelve hours, as the phone writes it
RESPONSE = "{http://openrosa.org/http/response}message"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def message(self) -> str:
        root = ElementTree.fromstring(self.body)
        assert root.tag == "{http://openrosa.org/http/response}OpenRosaResponse"
        return root.find(RESPONSE).text

    @property
    def code(self) -> str:
        return self.message.partition("receipt ")[2][:7]


@dataclass
class Phone:
    """``base`` is the address typed into the phone."""

    base: str
    authorization: str = ""
    trusts: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)

    def head(self) -> Answer:
        return self.send("HEAD", "/submission")

    def get(self, place: str) -> Answer:
        return self.send("GET", place)

    def post(self, *parts: bytes, chunked: bool = False, end: bool = True) -> Answer:
        body = body_of(*parts, end=end)
        return self.send("POST", "/submission", body, chunked=chunked)

    def send(self, method: str, place: str, body: bytes | None = None, *, chunked=False,
             media_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> Answer:  # fmt: skip
        with self.connected() as sock:
            head = self.head_of(method, place, None if chunked else body, media_type, chunked)
            sock.sendall(head)
            try:
                for piece in _pieces(body or b"", chunked):
                    sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # answered before the end
            return read(sock, method)

    def head_of(self, method, place, body, media_type, chunked=False) -> bytes:
        """The request line and headers as OkHttp writes them."""
        parts = urlsplit(place if "://" in place else self.base + place)
        mark = "&" if parts.query else "?"
        query = f"{'?' + parts.query if parts.query else ''}{mark}deviceID={DEVICE}"
        self.asked.append(parts.path)
        lines = [
            f"{method} {parts.path}{query} HTTP/1.1", f"User-Agent: {AGENT}",
            "X-OpenRosa-Version: 1.0", f"Date: {DATE}",
        ]  # fmt: skip
        if self.authorization:
            lines.append(f"Authorization: {self.authorization}")
        if body is not None or chunked:
            length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
            lines += [f"Content-Type: {media_type}", length]
        lines += [f"Host: {parts.netloc}", "Connection: Keep-Alive", "Accept-Encoding: gzip"]
        return "\r\n".join([*lines, "", ""]).encode()

    def connected(self) -> socket.socket:
        parts = urlsplit(self.base)
        sock = socket.create_connection((parts.hostname, parts.port), timeout=30)
        if self.trusts is not None:
            return self.trusts.wrap_socket(sock, server_hostname=parts.hostname)
        return sock


def read(sock: socket.socket, method: str) -> Answer:
    answer = http.client.HTTPResponse(sock, method=method)
    answer.begin()
    body = answer.read()
    if answer.headers["Content-Encoding"] == "gzip":
        body = gzip.decompress(body)  # as OkHttp does by itself
    return Answer(answer.status, answer.headers, body)


def _pieces(body: bytes, chunked: bool):
    if not chunked:
        yield body
        return
    stream = io.BytesIO(body)
    while piece := stream.read(1021):
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def part(name: str, content: bytes, media_type: str = "", file_name: str = "") -> bytes:
    """A part as OkHttp writes it."""
    named = f'; filename="{file_name}"' if file_name else ""
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
        f"{kind}Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"


def xml_part(xml: bytes, media_type: str = "text/xml") -> bytes:
    return part("xml_submission_file", xml, media_type, "Everything_2024-11-27_07-05-00.xml")


def picture_part(name: str, content: bytes) -> bytes:
    return part(name, content, "image/jpeg", name)


MORE_TO_COME = part("*isIncomplete*", b"yes")


def body_of(*parts: bytes, end: bool = True) -> bytes:
    return b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


def md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content).hexdigest()
