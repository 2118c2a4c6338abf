"""The API: what it says it does, whoever asks, and nothing that the token's agency may not see."""

import json
import urllib.error
import urllib.request
from datetime import datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from tests.room.copied import copied
from tests.room.running import ROOT, room

from anoa.room import access, record
from anoa.room.api.described import DOCUMENT, addresses, document
from anoa.room.api.reading import LISTS, MOST, BadQuestion, cursor_of, place_of, question_of
from anoa.room.list_filters import INCIDENTS, REPORTS

pytestmark = pytest.mark.django_db  # else pytest makes no database to copy
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance,
          response_schema_conformance]  # fmt: skip
READS = {"scopes": ["read:reports", "read:picture", "read:log"]}
SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [one.ok() for one in SCHEMA.get_all_operations()]


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value) -> bytes:
    return str(value).encode("utf-8", "replace")


class Program:
    """A program with a token."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def get(self, path: str, **headers: str):
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def post(self, path: str, body: bytes, kind: str):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(self.address + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def whole(self, path: str, limit: int, more: str = "") -> list[dict]:
        """All items of a list, cursor by cursor."""
        found, cursor = [], ""
        while cursor is not None:
            status, _headers, body = self.get(f"{path}?limit={limit}{more}&cursor={cursor or ''}")
            assert status == 200, body
            said = json.loads(body)
            assert len(said["items"]) <= limit
            found, cursor = found + said["items"], said["next"]
        return found


@pytest.fixture(scope="module")
def place(django_db_setup, django_db_blocker, tmp_path_factory):
    data, tokens = copied(
        tmp_path_factory.mktemp("api"), django_db_blocker, all={"scopes": [
            "submit", "bulk", "read:reports", "read:picture", "read:log"]},
        reads=READS, sends={}, other=READS | {"agency": "kpu-prov"},
    )  # fmt: skip
    with room(data, command="serve") as running:
        yield running.address.rstrip("/"), tokens


@pytest.fixture
def program(place):
    return lambda name: Program(place[0], place[1].get(name, ""))


# Who is refused: asked first, as strange calls below use up the wrong tokens of a minute


@pytest.mark.parametrize("path", LISTS)
def test_a_token_without_the_scope_or_none_is_refused(program, path):
    for name, status in (("sends", 403), ("nobody", 401)):
        got, headers, body = program(name).get(path)
        assert (got, headers["Content-Type"]) == (status, "application/problem+json")
        assert json.loads(body)["status"] == status


# What it says it does


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_every_answer_is_one_that_the_document_knows(place, operation, mode):
    address, tokens = place
    checks = [*CHECKS, negative_data_rejection] if operation.method == "get" else CHECKS

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    def holds(case):
        case.call_and_validate(
            base_url=address, headers={"Authorization": f"Bearer {tokens['all']}"}, checks=checks
        )

    holds()


def test_the_document_is_served_to_everybody_and_names_every_address(program):
    status, headers, body = program("nobody").get(DOCUMENT)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    said = json.loads(body)
    assert said["openapi"] == "3.1.0"
    sent = {"/api/v1/submissions", "/api/v1/submissions/batch", "/api/v1/imports"}
    assert {*sent, *LISTS} == set(said["paths"])


# Who reads what


@pytest.mark.parametrize("path", LISTS)
def test_a_list_comes_whole_and_once_by_its_cursors(program, path):
    assert program("reads").whole(path, 7) == program("reads").whole(path, MOST) != []


@pytest.mark.parametrize("path", LISTS)
def test_a_token_reads_what_its_agency_may_see_and_nothing_else(program, path, operation):
    picture, thing = record.current_picture(operation), path.rpartition("/")[2]
    for token, agency in (("reads", "polda-sultra"), ("other", "kpu-prov")):
        widest = record.rules_of(operation).agencies[agency].sees
        got = program(token).whole(path, MOST)
        if thing == "entries":
            log = record.entries(operation, 0, picture.seq)
            may = [access.may_read(one, picture, agency, widest) for one in log]
            assert [one["kind"] is not None for one in got] == may
            assert all(one["data"] is None for one, can in zip(got, may, strict=True) if not can)
            assert [one["leaf"] for one in got] == [one.leaf.hex() for one in log]
        else:
            seen = picture.seen_by(agency, widest).things[thing.removesuffix("s")]
            assert [one["id"] for one in got] == list(seen)


def test_filters_narrow_a_list(program):
    everything = program("reads").whole("/api/v1/reports", MOST)
    region = everything[0]["region"]
    some = program("reads").whole("/api/v1/reports", 3, f"&region={region}")
    assert some == [one for one in everything if one["region"] == region]


@pytest.mark.parametrize("thing", ["reports", "incidents", "threats", "commitments", "tasks"])
def test_every_list_of_things_is_narrowed_to_a_region_and_to_a_unit(program, thing, operation):
    pack, path = record.pack_of(operation), f"/api/v1/{thing}"
    everything = program("reads").whole(path, MOST)
    for region in {one["region"] for one in everything if one["region"]}:
        some = program("reads").whole(path, 2, f"&region={region}")
        assert some == [one for one in everything if one["region"] == region]
    for unit in pack.units:
        under = [one for one in everything if unit in pack.spot(
            one.get("sub_district") or one["region"], "police").lines]  # fmt: skip
        assert program("reads").whole(path, 2, f"&unit={unit}") == under
    status, _headers, body = program("reads").get(f"{path}?unit=kpu-prov")
    assert (status, "there is no unit kpu-prov" in body.decode()) == (400, True)


def test_the_document_describes_the_filter_by_unit():
    for path in ("reports", "incidents", "threats", "commitments", "tasks"):
        asked = document()["paths"][f"/api/v1/{path}"]["get"]["parameters"]
        (unit,) = [one for one in asked if one["name"] == "unit"]
        assert "shared" in unit["schema"]["description"]


def test_what_did_not_change_is_304(program):
    _status, headers, _body = program("reads").get("/api/v1/threats")
    status, _headers, body = program("reads").get(
        "/api/v1/threats", **{"If-None-Match": headers["ETag"]}
    )
    assert (status, body) == (304, b"")


# Questions


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=", "limit=1e9", "limit=1&limit=2", "cursor=%00",
     "cursor=abcd", "cursor=" + "x" * 300, "colour=red", "region=%ff", "cursor=%F0%9F%94%A5"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_400_in_a_sentence(program, query):
    status, headers, body = program("reads").get(f"/api/v1/reports?{query}")
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert len(json.loads(body)["detail"]) > 15


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/reports/", "/api/", "/api/v2/reports"])
def test_an_address_that_is_none_is_told_as_a_problem(program, path):
    status, headers, body = program("reads").get(path)
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert DOCUMENT in json.loads(body)["detail"]


@pytest.mark.parametrize(("path", "allow"), [("/api/v1/submissions", "POST"),
                                             ("/api/v1/imports", "POST")])  # fmt: skip
def test_a_wrong_method_names_the_right_one(program, path, allow):
    status, headers, _body = program("reads").get(path)
    assert (status, headers["Allow"]) == (405, allow)


@pytest.mark.parametrize(
    ("query", "kind", "status"),
    [("form=incident&dry=5", "text/csv", 400), ("form=incident&colour=red", "text/csv", 400),
     ("form=incident&dry=", "text/csv", 400), ("form=incident", "application/json", 415)],
)  # fmt: skip
def test_an_import_that_is_asked_for_wrongly_is_refused_in_a_sentence(program, query, kind, status):
    said = program("sends").post(f"/api/v1/imports?{query}", b"a,b\n1,2\n", kind)
    assert said[0] == status and said[1]["Content-Type"] == "application/problem+json"
    assert len(json.loads(said[2])["detail"]) > 15


def test_the_page_of_the_api_names_every_address_and_its_scope():
    told = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    for one in addresses():
        assert f"| `{one.method} {one.path}` | `{one.scope}` |" in told


def test_a_cursor_of_another_list_leads_nowhere():
    with pytest.raises(BadQuestion):
        place_of("/api/v1/reports", cursor_of("/api/v1/threats", "T-0001"))
    with pytest.raises(BadQuestion):
        question_of(LISTS["/api/v1/entries"].asks, b"region=74")


def test_programs_filter_by_the_names_that_the_pages_have(program, operation):
    for path, kind in (("/api/v1/reports", REPORTS), ("/api/v1/incidents", INCIDENTS)):
        asked = next(one.asks for one in addresses() if one.path == path)
        assert set(asked) == kind.names | {"limit", "cursor", "unit"}
        described = document()["paths"][path]["get"]["parameters"]
        assert {one["name"] for one in described} == set(asked)
        assert all(one["schema"]["description"] for one in described)
        everything = program("reads").whole(path, MOST)
        for name in kind.fields:
            if name == "tied":
                values = {"yes", "no"}
            elif name == "verified_chain":
                values = {"polri"} & {str(one.get(name)) for one in everything}
            else:
                values = {str(one[name]) for one in everything if one.get(name)}
            for value in values:
                some = program("reads").whole(path, 3, f"&{name}={value}")
                assert some == [
                    one for one in everything
                    if (("no", "yes")[bool(one["incident"])] if name == "tied"
                        else str(one[name])) == value
                ], (name, value)  # fmt: skip


@pytest.mark.parametrize("query", ["place=zzz", "region=99.99", "owner=nobody", "state=zz",
                                   "from=2024-13-40", "observed_to=1", "tied=maybe", "colour=red",
                                   "threat_type=a"])  # fmt: skip
def test_a_filter_that_is_not_known_gives_no_list(program, query):
    for path in ("/api/v1/reports", "/api/v1/incidents"):
        assert program("reads").get(f"{path}?{query}")[0] == 400


def test_places_days_and_words_narrow_a_list_of_programs(program, operation):
    pack, everything = record.pack_of(operation), program("reads").whole("/api/v1/reports", MOST)
    day = pack.local(datetime.fromisoformat(everything[0]["observed_at"])).date()
    on_it = program("reads").whole("/api/v1/reports", 5, f"&observed_from={day}&observed_to={day}")
    assert on_it == [
        one for one in everything
        if pack.local(datetime.fromisoformat(one["observed_at"])).date() == day
    ]  # fmt: skip
    assert program("reads").whole("/api/v1/reports", 5, "&q=r1") == everything[:1]
    place = everything[0]["region"]
    under = program("reads").whole("/api/v1/reports", 5, f"&place={place}")
    assert under == [one for one in everything if one["region"] == place]
    late = program("reads").whole("/api/v1/reports", 5, "&state=unanswered")
    assert {one["state"] for one in late} <= {"recorded"}
