"""The event stream: nothing lost, nothing doubled, nothing told that is not the reader's."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from tests.room.running import Browser, Room, anoa, room

from anoa.logfile import read_log
from anoa.oplog import Entry, Handling, parse_instant
from anoa.picture import Picture
from anoa.room import listening, live, locking
from anoa.room.listening import Listener

PATIENCE_S = 20.0


class Ear:
    """Listens to /live in a thread of its own until it is closed."""

    def __init__(self, browser: Browser, **headers: str) -> None:
        place = urlsplit(browser.address)
        self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        self.connection.request("GET", "/live", headers={"Cookie": cookies, **headers})
        self.answer = self.connection.getresponse()
        self.events: list[tuple[str, str, dict]] = []
        self.is_over = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif fields:
                    data = json.loads(fields.get("data", "null"))
                    self.events.append((fields["event"], fields.get("id", ""), data))
                    fields = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.is_over = True

    def close(self) -> None:
        self.connection.sock and self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)

    @property
    def seqs(self) -> list[int]:
        return [one["seq"] for name, _id, data in self.events if name == "moved"
                for one in data["entries"]]  # fmt: skip

    @property
    def last_id(self) -> str:
        return next(ident for _name, ident, _data in reversed(self.events) if ident)


def until(wanted) -> None:
    end = time.monotonic() + PATIENCE_S
    while not wanted():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def entered(running: Room, name: str) -> Browser:
    found = Browser(running.address)
    assert found.sign_in(name, running.passwords[name]).status == 302
    return found


def hear(browser: Browser) -> None:
    assert browser.post("", verb="post.report", subject="", region="74.02").status == 302


def head(data) -> int:
    path = data.parent / f"log-{time.monotonic_ns()}.jsonl"
    assert anoa(data, "export", str(path)).returncode == 0
    return len(read_log(path).lines)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with room(tmp_path_factory.mktemp("live") / "data") as found:
        yield found


def test_an_event_arrives_after_an_act_of_another_member(running):
    ear, other = Ear(entered(running, "posko")), entered(running, "kpu-prov")
    until(lambda: ear.events)
    name, _id, here = ear.events[0]
    assert name == "here" and not here["anew"]
    hear(other)
    until(lambda: ear.seqs)
    moved = ear.events[1]
    assert moved[2]["entries"][0]["kind"] == "post.reported"
    assert moved[1] == str(moved[2]["seq"]) and moved[2]["seq"] > here["seq"]
    assert ear.answer.headers["X-Accel-Buffering"] == "no"
    assert "no-cache" in ear.answer.headers["Cache-Control"]
    ear.close()


def test_who_comes_back_goes_on_where_the_stream_broke(running):
    reader, other = entered(running, "posko"), entered(running, "kpu-prov")
    ear = Ear(reader)
    until(lambda: ear.events)
    first = ear.events[0][2]["seq"]
    heard, ident = [], ""
    for acts in (1, 3, 0, 2):
        for _ in range(acts):
            hear(other)
        until(lambda now=ear, had=heard, acts=acts: len(had) + len(now.seqs) >= len(had) + acts)
        heard, ident = heard + ear.seqs, ear.last_id
        ear.close()
        hear(other)  # while nobody listens
        ear = Ear(reader, **{"Last-Event-ID": ident})
        until(lambda now=ear: now.seqs)
    heard += ear.seqs
    ear.close()
    assert heard == list(range(first + 1, first + 1 + len(heard)))
    assert len(heard) == 10


def test_an_observer_is_told_of_no_hidden_entry_and_of_every_public_one(running):
    ear = Ear(entered(running, "observer"))
    other = entered(running, "posko")
    until(lambda: ear.events)
    hear(other)
    hear(other)
    time.sleep(0.5)
    assert [name for name, _id, _data in ear.events] == ["here"]
    assert other.post("log", verb="seal.sign", subject="").status == 302
    until(lambda: ear.seqs)
    assert [one["kind"] for one in ear.events[1][2]["entries"]] == ["seal.signed"]
    ear.close()


def test_signing_out_and_locking_end_the_stream_at_once(running):
    for act, why in (("accounts/logout/", "ended"), ("lock", "locked")):
        reader = entered(running, "fkub")
        ear = Ear(reader)
        until(lambda now=ear: now.events)
        reader.post(act)
        until(lambda now=ear: now.is_over)
        assert ear.events[-1] == ("over", "", {"why": why})


def test_signing_out_everywhere_ends_every_stream_of_the_member_at_once_and_no_other(running):
    readers = [entered(running, "kesbangpol"), entered(running, "kesbangpol")]
    stays = Ear(entered(running, "fkub"))
    ears = [Ear(reader) for reader in readers]
    until(lambda: stays.events and all(ear.events for ear in ears))
    assert readers[0].post("sign-out-everywhere").status == 302
    until(lambda: all(ear.is_over for ear in ears))
    assert [ear.events[-1] for ear in ears] == [("over", "", {"why": "ended"})] * 2
    assert not stays.is_over
    stays.close()


def test_nobody_listens_without_a_session_or_with_too_many_pages(running):
    stranger = Browser(running.address)
    assert stranger.get("live").status == 401
    reader = entered(running, "bawaslu-prov")
    ears = [Ear(reader) for _ in range(live.PER_MEMBER)]
    until(lambda: all(ear.events for ear in ears))
    assert reader.get("live").status == 503
    for ear in ears:
        ear.close()
    until(lambda: Ear(reader).answer.status == 200)


def test_a_restart_loses_and_doubles_nothing_and_open_pages_do_not_hold_it_up(tmp_path):
    data = tmp_path / "data"
    with room(data) as first:
        reader = entered(first, "posko")
        ear = Ear(reader)
        until(lambda: ear.events)
        hear(reader)
        until(lambda: ear.seqs)
        first.process.terminate()
        first.process.wait(10)
        assert "Cancel" not in first.process.stderr.read()  # the server's word when it gave up
        until(lambda: ear.is_over)
    with room(data, "--new-passwords") as again:
        other = entered(again, "kpu-prov")
        hear(other)
        back = Ear(entered(again, "posko"), **{"Last-Event-ID": ear.last_id})
        hear(other)
        until(lambda: len(back.seqs) == 2)
        assert back.seqs == [int(ear.last_id) + 1, int(ear.last_id) + 2]
        ahead = Ear(entered(again, "posko"), **{"Last-Event-ID": "999999"})
        until(lambda: ahead.events)
        assert ahead.events[0][2]["anew"], "a page that is ahead of the log must begin anew"


# -- without a server -----------------------------------------------------------------------


def entry(seq: int, handling: Handling = Handling.INSTITUTIONS, agency: str = "a") -> Entry:
    at = parse_instant("2024-08-06T01:00:00Z")
    return Entry(seq, at, "m", agency, "clock.advanced", 1, "x", {}, handling, None, "0" * 32)


def listener(agency: str | None = "b", key: str = "s") -> Listener:
    widest = Handling.PUBLIC if agency is None else Handling.INSTITUTIONS
    return Listener(key, 1, agency, widest)


class Line:
    """The sending end of a connection; it takes nothing while it is ``slow``."""

    def __init__(self) -> None:
        self.told: list[dict] = []
        self.free = asyncio.Event()
        self.free.set()

    async def send(self, message) -> None:
        await self.free.wait()
        text = message["body"].decode()
        if "event: moved" in text:
            self.told.append(json.loads(text.partition("data: ")[2]))


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(listening, "readable_after", lambda reader, seq: (0, []))
    return live.Hub()


def run(hub, scenario) -> None:
    async def whole() -> None:
        hub.start()
        try:
            await asyncio.wait_for(scenario(), PATIENCE_S)
        finally:
            hub.close()

    asyncio.run(whole())


def test_a_slow_reader_gets_one_event_with_all_it_missed(hub):
    line = Line()

    async def scenario() -> None:
        serving = asyncio.create_task(hub.serve(listener(), None, line.send))
        await asyncio.sleep(0.05)
        line.free.clear()
        for seq in range(1, 8):
            hub.publish(None, Picture(), (entry(seq),))
            await asyncio.sleep(0.01)
        line.free.set()
        await asyncio.sleep(0.1)
        hub.close()
        await serving

    run(hub, scenario)
    seqs = [[one["seq"] for one in told["entries"]] for told in line.told]
    assert seqs == [[1], [2, 3, 4, 5, 6, 7]]


def test_every_reader_is_told_what_the_eyes_of_the_institution_may_read(hub):
    eyes = {None: [3], "a": [1, 2, 3], "b": [1, 3]}
    lines = {agency: Line() for agency in eyes}

    async def scenario() -> None:
        tasks = [asyncio.create_task(hub.serve(listener(agency), None, line.send))
                 for agency, line in lines.items()]  # fmt: skip
        await asyncio.sleep(0.05)
        made = (entry(1), entry(2, Handling.SEALED), entry(3, Handling.PUBLIC))
        hub.publish(None, Picture(), made)
        await asyncio.sleep(0.1)
        hub.close()
        await asyncio.gather(*tasks)

    run(hub, scenario)
    for agency, seqs in eyes.items():
        assert [[one["seq"] for one in told["entries"]] for told in lines[agency].told] == [seqs]


def test_a_session_that_expires_ends_its_stream(hub, monkeypatch):
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    monkeypatch.setattr(listening, "ended", lambda keys: {"old": "ended"} if "old" in keys else {})
    sent: list[bytes] = []

    async def send(message) -> None:
        sent.append(message["body"])

    async def scenario() -> None:
        await hub.serve(listener(key="old"), None, send)

    run(hub, scenario)
    assert b'event: over\ndata: {"why":"ended"}' in sent[-1]


def test_a_listener_is_known_by_a_session_that_holds(signed_in, member):
    client = signed_in("posko")
    client.get("/")
    key = client.session.session_key
    found = listening.listener_of(key)
    assert found.agency == member("posko").agency and listening.ended([key]) == {}
    locking.lock(client.session)
    assert listening.ended([key]) == {key: "locked"}
    locking.unlock(client.session)
    expire(client)
    assert listening.listener_of(key) == "ended"
    assert listening.listener_of("no-such-session") == "ended"


def expire(client) -> None:
    from django.contrib.sessions.models import Session

    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(session_key=client.session.session_key).update(expire_date=past)


def test_a_page_that_fetches_itself_renews_no_session_takes_no_message_and_has_no_token(
    signed_in,
):
    from django.contrib.sessions.models import Session

    client = signed_in("posko")
    client.get("/")
    key = client.session.session_key
    soon = timezone.now() + timedelta(minutes=3)
    Session.objects.filter(session_key=key).update(expire_date=soon)
    sent = client.post("/", {"verb": "post.report", "subject": "", "region": "74.02"})
    assert sent.status_code == 302
    Session.objects.filter(session_key=key).update(expire_date=soon)
    passive = client.get("/", headers={"X-Anoa-Passive": "1"})
    page = passive.content.decode()
    assert Session.objects.get(session_key=key).expire_date == soon
    assert "csrfmiddlewaretoken" not in page and 'class="said"' not in page
    person = client.get("/").content.decode()
    assert 'class="said"' in person and "csrfmiddlewaretoken" in person
    assert Session.objects.get(session_key=key).expire_date > soon


def test_equal_questions_at_one_entry_are_answered_once(signed_in, monkeypatch):
    from anoa.room.views import desk

    made = []
    real = desk._answered
    monkeypatch.setattr(desk, "_answered", lambda *args: made.append(args) or real(*args))
    clients = [signed_in("posko"), signed_in("posko"), signed_in("observer")]
    pages = [one.get("/threats?x=1", headers={"X-Anoa-Passive": "1"}) for one in clients]
    assert len(made) == 2
    assert pages[0].content == pages[1].content != pages[2].content
