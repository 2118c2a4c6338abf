"""Every address, asked as each member of the cast and as nobody: no answer holds what is hidden.

Words that stand nowhere else were written before, by every institution and at every handling.
schemathesis makes the questions; each is asked with everybody's cookie or token. That the sweep
would find a leak is tried on a server whose rule of sight lets everybody see everything.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from requests import Request
from schemathesis.generation import GenerationMode
from tests.roads import NAMES, load_road
from tests.room.copied import copied, rows_of
from tests.room.marked import CAST, IDENT, OFFICERS, marked
from tests.room.running import ROOT, room
from tests.room.sweeping import Answer, Reader, cookie_of, document

from anoa.room import record
from anoa.room.api.described import document as api_document
from anoa.room.api.reading import LISTS

pytestmark = pytest.mark.django_db  # else pytest makes no database to copy
READS = {"scopes": ["read:reports", "read:picture", "read:log"]}
NOBODY = ""
AT_ONCE = 3  # questions
EXAMPLES = int(os.environ.get("ANOA_SWEEP", "1"))  # of an address; more find more, and take longer
ALWAYS = (
    "/", "/log", "/log/export", "/reports", "/incidents", "/commitments", "/meetings", "/threats",
    "/search?q=zqxw", "/calendar", "/shift", "/incoming", "/tasks", "/daily-reports",
    *(f"/{page}/export?format={form}" for page, form in product(
        ("reports", "incidents"), ("csv", "hxl", "xlsx", "geojson"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def written(django_db_setup, django_db_blocker, tmp_path_factory):
    """A data folder with marked words, what each reader may not see, and the ways in."""
    agencies = {name: _agency(name) for name in CAST}
    wanted = {name: READS | {"agency": agency} for name, agency in agencies.items() if agency}
    data, tokens = copied(tmp_path_factory.mktemp("sweep"), django_db_blocker, **wanted)
    with rows_of(data, django_db_blocker):
        found = marked(record.current_operation())
        hidden = {name: found.forbidden(name or None) for name in (*CAST, NOBODY)}
        headers = {name: {"Cookie": cookie_of(found.member(name))} for name in CAST}
        programs = {name: {"Authorization": f"Bearer {tokens[name]}"} for name in wanted}
        values = _values(found)
    return Written(data, found, hidden, headers | {NOBODY: {}}, programs | {NOBODY: {}}, values)


class Written:
    """What the sweep needs to know."""

    def __init__(self, data, found, hidden, headers, programs, values) -> None:
        self.data, self.found, self.hidden = data, found, hidden
        self.headers, self.programs, self.values = headers, programs, values
        self.pages = list(dict.fromkeys([*ALWAYS, *_asked(document(values))]))
        self.lists = [*(f"{path}?limit=500" for path in LISTS), *_asked(api_document())]


def _agency(name: str) -> str:
    return load_road(NAMES[0]).pack.cast[name].agency


def _asked(said: dict) -> Iterator[str]:
    """The questions that schemathesis makes of a document."""
    for operation in schemathesis.openapi.from_dict(said).get_all_operations():
        if operation.ok().method == "get":
            yield from dict.fromkeys(_cases(operation.ok()))


def _cases(operation) -> list[str]:
    made: list[str] = []

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @seed(7)
    def collect(case):
        asked = case.as_transport_kwargs(base_url="http://room")
        made.append(Request("GET", asked["url"], params=asked.get("params")).prepare().path_url)

    collect()
    return made


def _values(found) -> dict[str, list]:
    """What addresses are asked with; of things the newest, so those that were marked."""
    picture, pack = record.current_picture(found.operation), record.pack_of(found.operation)
    things = ("report", "incident", "threat", "meeting", "commitment", "proposal")
    ids = {f"{thing}:ident": list(picture.things[thing])[-30:] or ["X-0001"] for thing in things}
    at = sorted({one.at.isoformat() for one in record.entries(found.operation)})
    return ids | {
        "ident": list(picture.sitreps), "unit:ident": list(pack.units), "form:ident":
        list(pack.forms), "seal:ident": list(picture.seals), "ceremony_of:ident":
        list(picture.seals), "form": ["html", "pdf", "txt"], "code": list(pack.regions)[:6],
        "number": [1, 2], "place": [1], "name": ["form.js"], "token": ["anoa_x"],
        "?q": [found.markers[0].text, "R-0001", "muna"], "?state": ["recorded", "withdrawn"],
        "?order": ["oldest", "newest"], "?owner": ["polda-sultra", "kpu-prov"],
        "?handling": ["sealed", "institutions", "public"], "?place": ["74.03", "polres-muna"],
        "?at": at[-6:], "?format": ["csv", "hxl", "xlsx", "geojson"], "?before": ["60", "120"],
        "?of": ["9999", "50"], "?tree": ["civil", "police"], "?mine": ["1"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def address(written):
    with room(written.data, command="serve") as found:
        yield found.address.rstrip("/")


def leaks(answers: list[Answer], hidden: dict[str, str]) -> dict[str, dict[str, str]]:
    """What was said and must not be, by question: the words, and what each is of."""
    return {
        one.asked: {word: hidden[word] for word in found[:4]}
        for one in answers
        if (found := one.holds(hidden))
    }


def ask(reader: Reader, paths: list[str]) -> list[Answer]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(reader.ask, paths))


def test_words_were_written_by_every_institution_at_every_handling(written):
    found, hidden = written.found, written.hidden
    assert len(found.markers) > 300
    owners = {one.owner for items in record.current_picture(found.operation).things.values()
              for one in items.values()}  # fmt: skip
    assert {_agency(name) for name in OFFICERS} <= owners
    assert len(hidden[NOBODY]) == len(hidden["host-admin"]) > len(hidden["kpu-prov"]) > 50
    assert hidden["observer"] == hidden["auditor"] != hidden["governor-reader"]


@pytest.mark.parametrize("name", [*CAST, NOBODY])
def test_no_page_file_or_stream_says_what_is_hidden(written, address, name):
    reader = Reader(address, written.headers[name])
    answers = [*ask(reader, written.pages), reader.listen("/live?after=0")]
    assert not leaks(answers, written.hidden[name])
    assert all(one.status < 500 for one in answers)
    if name == NOBODY:
        assert {one.status for one in answers if one.asked in ALWAYS} == {302}


@pytest.mark.parametrize("name", ["posko", "kabagops-muna", "kpu-wakatobi", "observer", NOBODY])
def test_no_answer_to_a_program_says_what_is_hidden(written, address, name):
    answers = ask(Reader(address, written.programs[name]), written.lists)
    assert not leaks(answers, written.hidden[name])
    assert all(one.status < 500 for one in answers)


ATTEMPTS = {
    "report": [("report.acknowledge", {}), ("report.judge", {"verdict": "refuted", "reason": "a"}),
               ("report.take_up", {}), ("report.withdraw", {"reason": "a"})],
    "incident": [("incident.tie", {"report": "R-0001"}), ("incident.unmerge", {"reason": "a"}),
                 ("incident.withdraw", {"reason": "a"})],
    "commitment": [("commitment.release", {"reason": "a"}), ("commitment.accept", {})],
    "meeting": [("meeting.record_line", {"line": "question", "text": "a"})],
    "threat": [("threat.lower", {"to": "closed", "reason": "a"}),
               ("threat.hand_over", {"owner": "kpu-prov", "reason": "a"})],
    "sitrep": [], "assembly": [], "finding": [], "signal": [],
}  # fmt: skip


@pytest.mark.parametrize("name", ["posko", "kpu-prov", "fkub", "observer"])
def test_nobody_acts_on_what_is_hidden_and_no_refusal_tells_of_it(written, address, name):
    reader, hidden, sent = Reader(address, written.headers[name]), written.hidden[name], []
    for thing, attempts in ATTEMPTS.items():
        idents = [word for word, of in hidden.items() if of == thing and IDENT.match(word)]
        for ident in idents[-2:]:
            sent += [reader.send(verb, ident, data) for verb, data in attempts]
            said = {"about": ident, "stance": "comment", "text": "a"}
            sent.append(reader.send("remark.make", "", said))
    for region in ("74", "74.03"):
        said = {"region": region, "threat_type": "state_conduct", "to": "potential",
                "confidence": "low", "reason": "a"}  # fmt: skip
        sent.append(reader.send("threat.raise", "", said))
    assert len(sent) > 8
    assert {one.status for one in sent} <= {403, 404, 422}
    assert not leaks(sent, hidden)


WHERE_IT_SHOWS = (  # not the search, whose rows the database leaves out as well
    "/commitments", "/reports", "/reports/export?format=xlsx", "/reports/export?format=geojson",
    "/log", "/log/export", "/calendar",
)  # fmt: skip
WEAKENED = """
from anoa.coordination import seeing
seeing.may_see = lambda handling, owner, agency, sees: True
"""


def test_the_sweep_finds_it_when_the_one_rule_of_sight_lets_everybody_see(written, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WEAKENED)
    weak = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'src'}"}
    data = tmp_path / "data"  # the room may be served from its own folder at this moment
    shutil.copytree(written.data, data, ignore=shutil.ignore_patterns("lock"))
    with room(data, command="serve", setting=weak) as running:
        place, hidden = running.address.rstrip("/"), written.hidden["observer"]
        reader = Reader(place, written.headers["observer"])
        program = Reader(place, written.programs["observer"])
        for path in WHERE_IT_SHOWS:
            assert leaks([reader.ask(path)], hidden), path
        assert leaks([reader.listen("/live?after=0")], hidden)
        for path in LISTS:
            assert leaks([program.ask(f"{path}?limit=500")], hidden), path
