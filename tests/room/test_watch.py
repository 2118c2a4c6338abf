"""How the room fares can be asked by whoever runs it, and no line or figure tells of a person."""

from __future__ import annotations

import io
import json
import logging
import re
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, room

from anoa.errors import StorageError
from anoa.room.intake import front
from anoa.room.watch import front as watch_front
from anoa.room.watch import health
from anoa.room.watch.counts import Counts, gauge, text_of
from anoa.room.watch.lines import Lines, form_of

# Invented: the shape of an identity number, of a telephone, and a word nobody else uses.
NIK, PHONE, NAME = "7471014508950003", "081234567890", "rahasiasekali"
SECRETS = (NIK, PHONE, NAME)


def asked(address: str, place: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(f"{address}{place}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode(), dict(answer.headers)


# -- one served room, asked in every way, and what its server wrote ---------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> dict:
    """What a room answered and wrote in JSON lines while it was asked with what must not stay."""
    place = tmp_path_factory.mktemp("watch")
    data, told = place / "data", {}
    with room(data) as running:
        told["passwords"] = running.passwords
    made = anoa(data, "token", "new", "--agency", "polda-sultra", "--label", "monitoring",
                "--scopes", "read:health")  # fmt: skip
    other = anoa(data, "token", "new", "--agency", "polda-sultra", "--label", "gateway")
    told["token"], told["other"] = made.stdout.strip(), other.stdout.strip()
    assert told["token"].startswith("anoa_"), made.stderr
    with room(data, command="serve", setting={"ANOA_LOG": "json"}) as running:
        told |= {"address": running.address, **_ask_everything(running.address, told)}
        assert anoa(data, "backup", str(place / "room.anoa")).returncode == 0
        told["after_backup"] = json.loads(asked(running.address, "health")[1])
        running.process.terminate()
        _out, told["lines"] = running.process.communicate(timeout=20)
    told["data"] = data
    return told


def _ask_everything(address: str, told: dict) -> dict:
    browser = Browser(address)
    refused = browser.sign_in(NAME, f"wrong {NIK}")
    signed_in = browser.sign_in("posko", told["passwords"]["posko"])
    browser.get(f"search?q={NIK}+{PHONE}")
    browser.get(f"reports/{NIK}")
    browser.get(f"nothing/{PHONE}")
    browser.get(f"receipt/{NAME}")
    browser.get(f"t/anoa_{NAME}_{NIK}/forms")
    browser.post("receipt", code=NIK, number=PHONE)
    browser.post("reports", verb="report.file", subject="", reason=f"{NIK} {PHONE} {NAME}")
    asked(address, f"api/v1/{NIK}?telephone={PHONE}")
    body = json.dumps({"form": NAME, "answers": {"nik": NIK, "tel": PHONE}}).encode()
    sender = {"Content-Type": "application/json", "Authorization": f"Bearer {told['other']}"}
    request = urllib.request.Request(f"{address}api/v1/submissions", data=body, headers=sender)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=30)
    bearer = {"Authorization": f"Bearer {told['token']}", "X-Forwarded-For": "192.0.2.7"}
    return {
        "signed_in": signed_in.status, "refused": refused.status,
        "health": asked(address, "health"), "live": asked(address, "health/live"),
        "ready": asked(address, "health/ready"), "metrics": asked(address, "metrics"),
        "from_afar": asked(address, "metrics", **{"X-Forwarded-For": "192.0.2.7"}),
        "other_name": asked(address, "health", Host="room.example"),
        "with_token": asked(address, "metrics", **bearer),
        "with_other": asked(address, "health", **bearer
                            | {"Authorization": f"Bearer {told['other']}"}),
        "written": asked(address, "health/live", **{"X-Request-ID": NIK}),
    }  # fmt: skip


def test_the_machine_itself_is_told_how_the_room_fares(served):
    status, text, _ = served["health"]
    said = json.loads(text)
    assert status == 200 and said["status"] == "warn"  # as no backup was made yet
    assert set(said["checks"]) == {
        "database", "writer", "disk", "log", "seal", "backup", "followers"
    }  # fmt: skip
    assert said["checks"]["writer"]["held"] is True
    assert said["checks"]["backup"]["status"] == "warn" and "anoa backup" in text
    assert said["checks"]["log"]["head"] > 40
    assert said["checks"]["followers"]["picture_lag_entries"] == 0
    assert json.loads(served["live"][1]) == {"status": "ok"}
    assert json.loads(served["ready"][1]) == {"ready": True, "failing": []}


def test_a_backup_is_known_by_its_age(served):
    backup = served["after_backup"]["checks"]["backup"]
    assert backup["status"] == "ok" and backup["age_seconds"] < 600


def test_from_afar_it_is_asked_by_a_token_of_its_own_scope_alone(served):
    assert served["from_afar"][0] == 401
    assert served["other_name"][0] == 401
    assert served["with_other"][0] == 403
    assert served["with_token"][0] == 200


def test_the_token_of_that_scope_reads_nothing_of_the_operation(served):
    bearer = {"Authorization": f"Bearer {served['token']}"}
    with room(served["data"], command="serve") as running:
        for place in ("api/v1/picture", "api/v1/log", "api/v1/reports"):
            assert asked(running.address, place, **bearer)[0] in (403, 404), place


def test_metrics_are_of_prometheus_form_and_their_labels_are_bounded(served):
    _, text, headers = served["metrics"]
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    line = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.e+-]+$')
    rows = [row for row in text.splitlines() if not row.startswith("#")]
    assert len(rows) > 30 and all(line.match(row) for row in rows), text
    keys = set(re.findall(r'[{,]([a-z]+)="', text))
    assert keys <= {"route", "status", "part", "le", "check", "version"}
    routes = set(re.findall(r'route="([^"]+)"', text))
    assert {"search", "report", "account_login", "none", "/health"} <= routes
    assert not any(secret in text for secret in SECRETS)


def test_no_line_tells_what_a_request_brought_or_who_signed_in(served):
    written = served["lines"]
    assert served["refused"] == 200 and served["signed_in"] == 302
    for secret in (*SECRETS, "posko", "127.0.0.1", served["token"], served["other"], "monitoring"):
        assert secret not in written, secret


def test_each_request_is_one_line_of_json_with_id_route_status_and_time(served):
    lines = [json.loads(row) for row in served["lines"].splitlines()]
    requests = [one for one in lines if one["logger"] == "anoa.requests"]
    assert len(requests) > 15
    allowed = {"at", "level", "logger", "message", "request", "method", "route", "status", "ms"}
    assert all(set(one) == allowed for one in requests)
    asked_for = {(one["route"], one["status"]) for one in requests}
    assert {("search", 200), ("none", 404), ("account_login", 200), ("/health", 200)} <= asked_for
    ids = [one["request"] for one in requests]
    assert len(set(ids)) == len(ids)
    assert served["written"][2]["x-request-id"] in ids  # the room's own, not the asker's


def test_nothing_is_written_by_default_while_all_goes_well(tmp_path):
    with room(tmp_path / "data") as running:
        Browser(running.address).get(f"nothing/{NIK}")
        running.process.terminate()
        assert running.process.communicate(timeout=20)[1] == ""


# -- what breaks is told without its message --------------------------------------------------


def line_of(form: str, logger: str, message: str, *args: object, error: Exception | None = None):
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Lines(form))
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(logger, logging.ERROR, "x.py", 1, message, args, info)
    handler.emit(record)
    return out.getvalue()


def broken() -> Exception:
    try:
        try:
            int(NIK + NAME)
        except ValueError as error:
            raise StorageError("{path} cannot be used", path=NAME) from error
    except StorageError as error:
        return error


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_told_by_type_and_place_and_never_by_its_message(form):
    said = line_of(form, "anoa.intake", "intake broke", error=broken())
    assert len(said.splitlines()) == 1
    assert "StorageError < ValueError" in said and "test_watch.py" in said
    assert "{path} cannot be used" in said and not any(secret in said for secret in SECRETS)


@pytest.mark.parametrize("logger", ["django.request", "asyncio", "allauth", "concurrent.futures"])
def test_a_library_quotes_nothing(logger):
    filled = line_of("json", logger, "Internal Server Error: %s", f"/reports/{NIK}")
    whole = line_of("text", logger, f"Task exception ValueError('{NIK}') {PHONE}", error=broken())
    assert "Internal Server Error: %s" in filled
    assert not any(secret in filled + whole for secret in SECRETS)


def test_a_setting_that_is_no_form_is_refused_in_words():
    assert form_of("") == "quiet"
    with pytest.raises(StorageError, match="quiet or text or json, not loud"):
        form_of("loud")


# -- health -----------------------------------------------------------------------------------


def test_a_full_disk_and_a_lost_lock_fail_and_say_what_to_do(operation, monkeypatch):
    usage = type("Usage", (), {"free": 1000, "total": 10**9})
    monkeypatch.setattr("anoa.room.watch.health.shutil.disk_usage", lambda path: usage)
    found = health.look()
    assert not found.is_ready
    assert found.checks["disk"].do == "make room where the data folder lies"
    assert found.checks["writer"].mark is health.Mark.FAIL  # no server runs in this test
    assert 'anoa_check_ok{check="disk"} 0' in text_of(found.metrics()).decode()


def test_a_database_that_is_away_is_told_without_its_message(db, monkeypatch):
    def away() -> None:
        raise OSError(f"no route to {NAME}")

    monkeypatch.setattr(health, "_database", away)
    found = health.look()
    assert found.checks["database"].facts == {"error": "OSError"} and not found.is_ready
    assert NAME not in json.dumps(found.as_json())


def test_a_seal_and_a_backup_of_long_ago_are_a_warning(operation, monkeypatch):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(health, "last_backup", lambda folder: long_ago)
    monkeypatch.setattr(health.actions, "now_of", lambda operation: datetime.now(UTC))
    found = health.look()
    assert found.checks["backup"].mark is found.checks["seal"].mark is health.Mark.WARN
    assert "seal the log" in found.checks["seal"].do


# -- where it can be asked from ---------------------------------------------------------------


def scope(client: str, host: str = "localhost:8000", **headers: str) -> dict:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (client, 1), "headers": [(b"host", host.encode()), *named]}


@pytest.mark.parametrize(
    ("asker", "is_here"),
    [
        (scope("127.0.0.1"), True),
        (scope("::1", "[::1]:8000"), True),
        (scope("192.0.2.1"), False),
        (scope("127.0.0.1", "room.example"), False),
        (scope("127.0.0.1", x_forwarded_for="192.0.2.1"), False),
        (scope("127.0.0.1", forwarded="for=192.0.2.1"), False),
        (scope("", "localhost"), False),
        (scope("127.0.0.1", "[::1"), False),
    ],
)
def test_only_a_process_of_this_machine_needs_no_token(asker, is_here):
    assert watch_front.is_from_here(asker) is is_here


def test_behind_a_proxy_nobody_is_this_machine(settings):
    settings.BY_PROXY = True
    assert not watch_front.is_from_here(scope("127.0.0.1"))


def test_every_address_of_the_watch_is_answered_in_front():
    assert set(watch_front.PATHS) <= set(front.EXACT)


def test_figures_are_added_up_in_buckets():
    counted = Counts()
    for seconds in (0.001, 0.2, 99.0):
        counted.count("pages", "board", 200, seconds)
    text = text_of([*counted.metrics(), gauge("anoa_x", "X.", None)]).decode()
    assert 'anoa_http_requests_total{route="board",status="2xx"} 3' in text
    assert '_bucket{part="pages",le="0.005"} 1' in text
    assert '_bucket{part="pages",le="0.25"} 2' in text
    assert '_bucket{part="pages",le="+Inf"} 3' in text
    assert "anoa_x" not in text


def test_no_label_of_the_source_is_a_person_or_an_institution():
    source = Path(health.__file__).parent
    text = "".join(one.read_text("utf-8") for one in source.glob("*.py"))
    assert not re.search(r"Member\b|TokenRow|agency", text)
