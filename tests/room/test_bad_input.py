"""Bad input over every channel: a clear error, or a stored submission that a person looks at.

Each row of the table is sent to a real server over a socket. What is refused is told in a sentence
and leaves nothing; what is taken is stored byte for byte and either filed or marked with a reason.
"""

from __future__ import annotations

import html
import http.client
import json
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from tests.openrosa_material import filled_in
from tests.room.copied import copied, rows_of
from tests.room.openrosa_phone import BOUNDARY, body_of, part, picture_part, xml_part
from tests.room.running import Room, room

from anoa.room.intake import hooks

pytestmark = pytest.mark.django_db  # else pytest makes no database to copy
FILING_S = 120
REPORT = {
    "region": "74.03", "threat_type": "rumor", "place_class": "market", "object": "activity",
    "observed_at": "2024-08-08T11:00:00Z", "obtained": "told", "reliability": "C",
    "credibility": "3",
}  # fmt: skip
ONE, BATCH, PHONE = "/api/v1/submissions", "/api/v1/submissions/batch", "/openrosa/submission"
FIELD = "/field/send"
JSON, LINES = "application/json", "application/x-ndjson"
FORM = "application/x-www-form-urlencoded"
PARTS = f"multipart/form-data; boundary={BOUNDARY}"
SIGNS = "api 🔥 عاجل ‏\u202e ꦄ \u200d"
REFUSED, WAITS, FILED = "refused", "needs_person", "filed"


@dataclass(frozen=True)
class Bad:
    """What is sent under the id ``name``, the answer's status, and what becomes of it."""

    name: str
    path: str
    body: bytes
    status: int
    then: str = REFUSED
    media_type: str = JSON
    says: str = ""  # in the refusal, or in the reason why a person must look
    headers: dict[str, str] = field(default_factory=dict)
    token: str = "phone"
    method: str = "POST"
    signed: int | None = None  # of a hook: how many seconds from now it says that it was signed

    def at(self, path: str) -> Bad:
        """The same to another address."""
        return replace(self, path=path)

    def __str__(self) -> str:
        return f"{self.path.strip('/')[:30]}: {self.name[:30]}"


def one(name: str, status: int, then: str = REFUSED, says: str = "", **changes) -> Bad:
    """A JSON submission whose keys or fields are changed."""
    fields = REPORT | changes.pop("fields", {})
    sent = {"id": name, "form": "report", "fields": fields} | changes
    return Bad(name, ONE, json.dumps(sent).encode(), status, then, says=says)


def raw(name: str, body: bytes, says: str = "JSON", status: int = 400, **more) -> Bad:
    """Bytes for the JSON address."""
    return Bad(name, ONE, body, status, says=says, **more)


def called(name: str, status: int, then: str = REFUSED, says: str = "", **more) -> Bad:
    """A signed call of a hook."""
    signed, body = more.pop("signed", 0), more.pop("body", None)
    if body is None:
        body = json.dumps({"id": name, "text": "words", "from": "08123"} | more).encode()
    return Bad(name, "/hooks/{signed}", body, status, then, JSON, says, signed=signed)


def texted(name: str, status: int, query: str, says: str = "") -> Bad:
    """A call as an SMS gateway makes it."""
    path = "/hooks/{kannel}?" + query
    return Bad(name, path, b"", status, media_type="", says=says, method="GET")


def typed(name: str, status: int, says: str = "", then: str = REFUSED, **answers) -> Bad:
    """A form as its plain page sends it."""
    held = FORM_ANSWERS | {"observed_at": "2024-08-08T19:00", "sender_id": name} | answers
    return Bad(name, "/t/{phone}/forms/incident", urlencode(held).encode(), status, then, FORM,
               says)  # fmt: skip


def pages(name: str, body: bytes, status: int, says: str, media_type: str = "") -> Bad:
    """Bytes for the plain page of a form."""
    return Bad(name, "/t/{phone}/forms/incident", body, status, media_type=media_type or PARTS,
               says=says)  # fmt: skip


def phone(name: str, status: int, then: str = REFUSED, says: str = "", **answers) -> Bad:
    """A form as a phone sends it, with answers that are changed."""
    held = FORM_ANSWERS | answers
    more = {key: held.pop(key) for key in ("form", "version") if key in held}
    more = {"form": "incident", "version": "1"} | more
    xml = filled_in(held, instance=f"uuid:{name}", **more)
    return Bad(f"uuid:{name}", PHONE, body_of(xml_part(xml)), status, then, PARTS, says)


def parts(name: str, body: bytes, says: str, status: int = 400, then: str = REFUSED) -> Bad:
    """Bytes for the address of phones."""
    return Bad(f"uuid:{name}", PHONE, body, status, then, PARTS, says)


FORM_ANSWERS = {
    "region": "74.03", "place_class": "market", "observed_at": "2024-08-08T19:00:00.000+08:00",
    "threat_type": "rumor", "obtained": "told", "account": "words", "reliability": "C",
    "credibility": "3",
}  # fmt: skip


def deep(name: str, depth: int) -> bytes:
    return b'{"id":"%s","form":"report","fields":{"a":%s}}' % (
        name.encode(), b"[" * depth + b"]" * depth,
    )  # fmt: skip


XML = filled_in(FORM_ANSWERS, form="incident", version="1", instance="uuid:truncated")
BOMB = b"<!DOCTYPE d [%s]><d>&e9;</d>" % b"".join(
    b'<!ENTITY e%d "%s">' % (n, (b"&e%d;" % (n - 1)) * 10 if n else b"lol") for n in range(10)
)
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d id="incident">&x;</d>'
REMOTE = b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d id="incident"/>'

TABLE = [
    # JSON that cannot be read
    raw("empty", b""),
    raw("null", b"null"),
    raw("list", b"[]"),
    raw("cut", b'{"id":"cut","form":"report","fields":{"region":"74'),
    raw("two", b'{"id":"two","form":"report"}{"id":"two","form":"report"}'),
    raw("mark", b'\xef\xbb\xbf{"id":"mark","form":"report"}'),
    raw("latin", b'{"id":"latin","form":"report","fields":{"account":"caf\xe9"}}'),
    raw("utf-16", '{"id":"utf-16","form":"report"}'.encode("utf-16")),
    raw("half a sign", b'{"id":"half a sign","form":"report","fields":{"a":"\\ud800"}}'),
    raw("huge number", b'{"id":"huge number","form":"report","fields":{"a":1e999}}'),
    raw("not a number", b'{"id":"not a number","form":"report","fields":{"a":NaN}}'),
    raw("long number", b'{"id":"long number","form":"report","version":' + b"9" * 5000 + b"}"),
    raw("very deep", deep("very deep", 100_000)),
    raw("base64", b'{"id":"base64","form":"report","attachments":[{"name":"a","content":"%%"}]}'),
    raw("xml", b"<?xml version='1.0'?><data/>", "application/json", 415,
        media_type="text/xml"),
    raw("form", b"id=form&form=report", "application/json", 415,
        media_type="application/x-www-form-urlencoded"),
    raw("packed", b"\x1f\x8b\x08", "Encoding", 415, headers={"Content-Encoding": "gzip"}),
    raw("50 MB", b'{"id":"50 MB","form":"report","fields":{"a":"' + b"x" * (50 << 20) + b'"}}',
        "bytes", 413),
    # JSON whose envelope cannot be kept
    one("", 422, says="the sender's id"),
    one("x" * 101, 422, says="the sender's id"),
    one("nul \x00", 422, says="cannot be shown"),
    one("form nul", 422, says="cannot be shown", form="re\x00port"),
    one("same names", 422, says="the same name",
        attachments=[{"name": "a", "content": ""}, {"name": "a", "content": "QQ=="}]),
    one("many files", 422, says="at most 20 attachments",
        attachments=[{"name": str(n), "content": ""} for n in range(21)]),
    one("nul file", 422, says="cannot be shown", attachments=[{"name": "\x00", "content": ""}]),
    # JSON that is kept for a person
    one("year 1970", 201, WAITS, "long ago", fields={"observed_at": "1970-01-01T00:00:00Z"}),
    one("year 9999", 201, WAITS, "in the future", fields={"observed_at": "9999-12-31T23:59:59Z"}),
    one("year 10000", 201, WAITS, "not a time",
        fields={"observed_at": "9999-12-31T23:59:59-12:00"}),
    one("year 2999", 201, WAITS, "not of this age", observed_at="2999-01-01T00:00:00Z"),
    one("year 1", 201, WAITS, "not a time", observed_at="0001-01-01T00:00:00+14:00"),
    one("no offset", 201, WAITS, "no offset", observed_at="2024-08-08T11:00:00"),
    one("no time", 201, WAITS, "not a time", observed_at="yesterday"),
    one("no region", 201, WAITS, "99.99", fields={"region": "99.99"}),
    one("nul region", 201, WAITS, "", fields={"region": "74.03\x00"}),
    one("no form", 201, WAITS, "no-such-form", form="no-such-form"),
    one("no version", 201, WAITS, "version '77'", form="incident", version="77",
        fields=FORM_ANSWERS | {"object": None}),
    one("unasked", 201, WAITS, "does not ask", form="incident", version=1,
        fields=FORM_ANSWERS | {"object": None, "surprise": "x"}),
    one("nul words", 201, WAITS, "control character", form="incident", version=1,
        fields=FORM_ANSWERS | {"account": "a\x00b"}),
    one("types", 201, WAITS, "", fields={"region": {"a": [1]}, "threat_type": True}),
    one("many fields", 201, WAITS, "", form="incident",
        fields={f"f{n}": "x" for n in range(20_000)}),
    Bad("deep", ONE, deep("deep", 60), 201, WAITS, says="nested"),
    Bad("deeper", ONE, deep("deeper", 900), 201, WAITS, says="nested"),
    # and what only looks bad
    one("signs " + SIGNS[:4], 201, FILED),
    one("signs in words", 201, FILED, form="incident", version=1,
        fields=FORM_ANSWERS | {"object": None, "account": SIGNS}),
    one("formula", 201, FILED, form="incident",
        fields=FORM_ANSWERS | {"object": None, "account": "=HYPERLINK(\"http://127.0.0.1:9\")"}),
    # Who sends
    Bad("nobody", ONE, b"{}", 401, says="token", token=""),
    Bad("forged", ONE, b"{}", 401, says="not known here", token="forged"),
    Bad("reader", ONE, b"{}", 403, says="'submit'", token="reader"),
    Bad("one form", ONE, b'{"id":"one form","form":"incident"}', 403, says="for the form",
        token="one form"),
    Bad("reader of lines", BATCH, b"{}", 403, says="'bulk'", token="one form"),
    # Many at once
    Bad("lines of another kind", BATCH, b"a,b", 415, media_type="text/csv", says=LINES),
    Bad("too many lines", BATCH, b"{}\n" * 5001, 400, media_type=LINES, says="at most 5000"),
    Bad("a large batch", BATCH, b"x" * (33 << 20), 413, media_type=LINES, says="bytes"),
    # Phones
    phone("old version", 201, WAITS, "version '0'", version="0"),
    phone("unknown form", 201, WAITS, "no form", form="other"),
    phone("unknown region", 201, WAITS, "not a place", region="99.99"),
    phone("signs", 201, FILED, account=SIGNS),
    phone("clock", 201, WAITS, "long ago", observed_at="1970-01-01T07:00:00.000+08:00"),
    phone("first year", 201, WAITS, "a day and a time",
          observed_at="0001-01-01T00:00:00.000+14:00"),
    phone("last year", 201, WAITS, "a day and a time", observed_at="9999-12-31T23:59:59.000-12:00"),
    parts("nul", body_of(xml_part(XML.replace(b"words", b"a\x00b"))), "cannot be read"),
    parts("bomb", body_of(xml_part(BOMB)), "document type"),
    parts("outside", body_of(xml_part(OUTSIDE)), "document type"),
    parts("remote", body_of(xml_part(REMOTE)), "document type"),
    parts("nested", body_of(xml_part(b"<d>" * 9000 + b"</d>" * 9000)), "nested deeper"),
    parts("truncated", body_of(xml_part(XML), picture_part("1.jpg", b"x" * 900))[:-400],
          "words of this report are stored", 400, WAITS),
    parts("truncated in words", body_of(xml_part(XML))[:300], "last part"),
    parts("large", body_of(part("x", bytes(50 << 20))), "bytes", 413),
    parts("a program", body_of(xml_part(XML.replace(b":truncated", b":a program")),
          part("run.exe", b"MZ", "application/x-msdownload", "run.exe")), "run.exe", 201, WAITS),
    # Hooks: signed calls
    called("call", 201, WAITS, "does not say"),
    called("call again", 403, says="300 seconds", signed=-301),
    called("call ahead", 403, says="300 seconds", signed=301),
    called("call by nobody", 403, says="sign the call", signed=None),
    called("call cut", 400, says="JSON", body=b'{"id":"call cut","text":"x'),
    called("call half", 400, says="JSON", body=b'{"id":"call half","text":"\\ud800"}'),
    called("call latin", 400, says="JSON", body=b'{"id":"call latin","text":"\xe9"}'),
    called("call very deep", 400, says="JSON", body=b"[" * 100_000),
    called("call large", 413, says="bytes", body=b'"' + b"x" * (2 << 20) + b'"'),
    called("call nul", 201, WAITS, "", text="a\x00b"),
    called("call signs", 201, WAITS, "", text=SIGNS),
    called("call formula", 201, WAITS, "", text="=1+1"),
    called("call nested", 201, WAITS, "", text={"a": [1] * 9}),
    called("call number", 201, WAITS, "", text=10**40),
    called("call 9999", 201, WAITS, "of this age", time="9999-12-31T23:59:59Z"),
    called("call 1", 201, WAITS, "of this age", time="0001-01-01T00:00:00Z"),
    called("call seconds", 201, WAITS, "", time=99_999_999_999),
    called("call long ago", 201, WAITS, "", time="1970-01-01T00:00:00Z"),
    # Hooks: gateways
    texted("no secret", 403, "text=a&id=1", "secret is missing"),
    texted("wrong secret", 403, "secret=a&text=a&id=1", "secret is wrong"),
    texted("no id", 422, "secret={kannel secret}&text=a", "add id=%I"),
    texted("no hook", 404, "", "no hook").at("/hooks/aaaaaaaaaaaa"),
    texted("odd hook", 404, "", "no hook").at("/hooks/%00%ff/../x"),
    Bad("by POST", "/hooks/{kannel}", b"", 405, says="GET"),
    Bad("wrong kind", "/hooks/{secret}", b"<a/>", 415, media_type="text/xml",
        headers={"X-Anoa-Secret": "{secret secret}"}, says="application/json"),
    Bad("many fields of a hook", "/hooks/{secret}", b"a=b&" * 300, 400,
        media_type="application/x-www-form-urlencoded", says="too many fields",
        headers={"X-Anoa-Secret": "{secret secret}"}),
    # The form in a browser
    Bad("field deep", FIELD, deep("field deep", 60), 201, WAITS, says="nested"),
    Bad("field cut", FIELD, b'{"id":"field cut","form":"incident"', 400, says="JSON"),
    Bad("field packed", FIELD, b"\x1f\x8b", 415, says="Encoding",
        headers={"Content-Encoding": "gzip"}),
    Bad("field kind", FIELD, b"{}", 415, media_type="text/plain", says=JSON),
    Bad("field nobody", FIELD, b"{}", 401, token="forged", says="not known"),
    Bad("field 1970", FIELD, json.dumps({"id": "field 1970", "form": "incident", "version": "1",
        "fields": FORM_ANSWERS | {"observed_at": "1970-01-01T00:00:00Z"}}).encode(), 201, WAITS,
        says="long ago"),
    Bad("field standing", "/field/standing", b'{"ids":7}', 400, says="ids"),
    # The form as a plain page
    typed("page signs", 302, "", FILED, account=SIGNS),
    typed("page formula", 302, "", FILED, account="=1+1"),
    typed("page nul", 422, "control character", account="a\x00b"),
    typed("page nul \x00", 422, "cannot be shown"),
    typed("page nul region", 422, "control character", region="74.03\x00"),
    typed("page region", 422, "not a place", region="99.99"),
    typed("page year 1", 422, "a day and a time", observed_at="0001-01-01T00:00"),
    typed("page year 9999", 422, "not of this age", observed_at="9999-12-31T23:59"),
    typed("page year 1970", 302, "long ago", WAITS, observed_at="1970-01-01T00:00"),
    pages("page json", b'{"region":"74.03"}', 422, "needed", JSON),
    pages("page nothing", b"", 422, "needed", FORM),
    pages("page latin", b"region=\xff%ff", 422, "not a place", FORM),
    pages("page many", b"a=b&" * 5000, 400, "cannot be read", FORM),
    pages("page large", b"account=" + b"x" * (2 << 20), 413, "too much", FORM),
    pages("page 50 MB", body_of(picture_part("photo", bytes(50 << 20))), 413, "too much"),
    pages("page cut", body_of(picture_part("photo", bytes(900)))[:400], 422, "needed"),
    pages("page without boundary", b"x", 400, "cannot be read", "multipart/form-data"),
    pages("page no token", b"", 401, "not known", FORM).at("/t/{forged}/forms/incident"),
    Bad("no parts", PHONE, XML, 415, media_type="text/xml", says="multipart/form-data"),
]  # fmt: skip

MIXED = Bad(
    "mixed", BATCH,
    b"\r\n".join([
        json.dumps({"id": "line 1", "form": "report", "fields": REPORT}).encode(), b"{",
        deep("line 3", 300), b"", deep("line 5", 100_000), b'{"id":"line 6","form":"none"}',
        b"\x00", json.dumps({"id": "line 1", "form": "report"}).encode(), b'{"id":"\\u0000"}',
        json.dumps({"id": "line 10", "form": "report", "fields": REPORT}).encode(),
    ]),
    207, media_type=LINES,
)  # fmt: skip
SAME = Bad("the same", ONE, b'{"id":"line 6","form":"none"}', 200)
OTHER = Bad("the other", BATCH, b'{"id":"line 6","form":"other"}', 207, media_type=JSON)


@dataclass
class Answer:
    status: int
    kind: str
    body: bytes


@dataclass
class Place:
    running: Room
    data: Path
    tokens: dict[str, str]
    answers: dict[str, Answer] = field(default_factory=dict)
    rows: dict[str, tuple[str, str]] = field(default_factory=dict)  # state and reason by id

    def send(self, bad: Bad) -> Answer:
        at = urlsplit(self.running.address)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
        path = re.sub(r"{([a-z ]+)}", lambda found: self.tokens[found[1]], bad.path)
        token = self.tokens.get(bad.token, "")
        path = f"/t/{token}{path}" if path == PHONE else path
        headers = {"Content-Type": bad.media_type, "Authorization": f"Bearer {token}",
                   "Accept-Language": "en"}  # fmt: skip
        if bad.signed is not None:
            said = hooks.sign(self.tokens["signed secret"], bad.body, int(time.time()) + bad.signed)
            headers["X-Anoa-Signature"] = said
        headers |= {name: re.sub(r"{([a-z ]+)}", lambda found: self.tokens[found[1]], value)
                    for name, value in bad.headers.items()}  # fmt: skip
        if not token:
            del headers["Authorization"]
        with suppress(BrokenPipeError, ConnectionResetError):  # answered before the end
            connection.request(bad.method, path, bad.body, headers)
        said = connection.getresponse()
        found = Answer(said.status, said.getheader("Content-Type"), said.read())
        connection.close()
        return found

    def cut_off(self) -> None:
        """Break the line within a body of each kind, and send what is no HTTP at all."""
        at = urlsplit(self.running.address)
        for path, kind in ((ONE, JSON), (BATCH, LINES), (PHONE, PARTS)):
            token = self.tokens["phone"]
            head = f"POST /t/{token}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
            body = b'{"id":"cut off","form":"report"}\n'
            for more in (
                "Content-Length: 9999",
                "Transfer-Encoding: chunked",
                "Content-Length: -1",
            ):
                with socket.create_connection((at.hostname, at.port), timeout=30) as line:
                    line.sendall(f"{head}{more}\r\n\r\n21\r\n".encode() + body)


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker, tmp_path_factory):
    """A server to which the whole table was sent, and what it then holds."""
    data, tokens = copied(
        tmp_path_factory.mktemp("bad"), django_db_blocker, phone={},
        reader={"scopes": ["read:log"]},
        **{"one form": {"forms": ["report"], "scopes": ["submit"]}},
    )  # fmt: skip
    tokens["forged"] = tokens["phone"][:-4] + "aaaa"
    with room(data, command="serve") as running:
        found = Place(running, data, tokens)
        found.answers = {str(bad): found.send(bad) for bad in [*TABLE, MIXED, SAME, OTHER]}
        found.cut_off()
        with rows_of(data, django_db_blocker):
            found.rows = filed()
        yield found


def filed() -> dict[str, tuple[str, str]]:
    """State and reason of every submission by its sender's id, once all were looked at."""
    from anoa.room.intake.storing import trouble
    from anoa.room.models import SubmissionRow

    until = time.monotonic() + FILING_S
    while SubmissionRow.objects.filter(state="received").exists():
        assert time.monotonic() < until, "submissions wait and nobody files them"
        time.sleep(0.2)
    return {
        row.sender_id: (row.state, "; ".join(trouble(row))) for row in SubmissionRow.objects.all()
    }


@pytest.mark.parametrize("bad", TABLE, ids=str)
def test_it_is_answered_in_words_and_kept_whole_or_not_at_all(place, bad):
    answer = place.answers[str(bad)]
    assert answer.status == bad.status, answer.body[:400]
    said = sentence_of(answer)
    assert len(said) > 10 or status_is_redirect(answer)
    if bad.then == REFUSED:
        assert bad.says in said
        assert bad.name not in place.rows
        return
    state, why = place.rows[bad.name]
    assert state == bad.then, why
    assert bad.says in (why if answer.status < 400 else said)
    assert (state == WAITS) == bool(why)
    assert len(why) < 20_000


def status_is_redirect(answer: Answer) -> bool:
    """Whether the page leads on to the receipt."""
    return answer.status == 302


def sentence_of(answer: Answer) -> str:
    """What the sender is told."""
    if not answer.kind.startswith("application/"):
        return html.unescape(answer.body.decode())
    said = json.loads(answer.body)
    if answer.status >= 400:
        assert answer.kind == "application/problem+json"
        assert said["status"] == answer.status
        assert said["code"]
        return said["detail"]
    return said["code"] + said["sha256"]


def test_a_bad_line_never_takes_its_batch_along(place):
    answer = place.answers[str(MIXED)]
    lines = {said["line"]: said for said in map(json.loads, answer.body.splitlines())}
    assert {number: said["status"] for number, said in lines.items()} == {
        1: 201, 2: 400, 3: 201, 5: 400, 6: 201, 7: 400, 8: 409, 9: 400, 10: 201,
    }  # fmt: skip
    assert all(said.get("detail") for said in lines.values() if said["status"] >= 400)
    states = {name: state for name, (state, _why) in place.rows.items() if "line" in name}
    assert states == {"line 1": FILED, "line 3": WAITS, "line 6": WAITS, "line 10": FILED}


def test_the_same_bytes_come_to_the_same_receipt_by_every_address_and_others_are_a_conflict(place):
    first = next(
        said for said in map(json.loads, place.answers[str(MIXED)].body.splitlines())
        if said["line"] == 6
    )  # fmt: skip
    answer = place.answers[str(SAME)]
    again = json.loads(answer.body)
    assert (answer.status, again["state"], again["code"]) == (200, "repeated", first["code"])
    assert json.loads(place.answers[str(OTHER)].body)["status"] == 409


def test_what_was_cut_off_before_its_end_left_nothing(place):
    assert "cut off" not in place.rows


def test_nothing_broke_on_the_way(place):
    assert not any(
        "line" in name and state == "received" for name, (state, _) in place.rows.items()
    )
    place.running.process.terminate()
    _out, told = place.running.process.communicate(timeout=30)
    for word in ("Internal Server Error", "intake broke", "ASGI", "could not be filed"):
        assert word not in told, told[-3000:]
