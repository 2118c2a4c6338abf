"""A form that was sent twice is done once; another form with the same words is another."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from django.http import QueryDict

from anoa.room import record
from anoa.room.presses import KEPT, Presses

REPORT = {
    "verb": "report.file", "subject": "",
    "region": "74.07", "threat_type": "logistics_crowd", "place_class": "port",
    "observed_at": "2024-08-08T20:00", "object": "goods", "reliability": "B", "credibility": "2",
    "obtained": "seen",
}  # fmt: skip


def token_of(client, page: str = "/reports") -> str:
    text = client.get(page).content.decode()
    return re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', text)[1]


def reports(operation) -> int:
    return len(record.current_picture(operation).reports)


def test_the_same_form_sent_again_leads_to_what_it_made_and_makes_nothing(signed_in, operation):
    client, before = signed_in("kpu-wakatobi"), reports(operation)
    form = REPORT | {"csrfmiddlewaretoken": token_of(client)}
    first, again = client.post("/reports", form), client.post("/reports", form)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert reports(operation) == before + 1
    assert "Ini sudah dilakukan" in client.get(again["Location"]).content.decode()


def test_the_same_words_from_a_new_page_or_other_words_are_another_report(signed_in, operation):
    client, before = signed_in("kpu-wakatobi"), reports(operation)
    form = REPORT | {"csrfmiddlewaretoken": token_of(client)}
    places = [
        client.post("/reports", one)["Location"]
        for one in (form, form | {"at_risk": "voters"},
                    form | {"csrfmiddlewaretoken": token_of(client)})
    ]  # fmt: skip
    assert len(set(places)) == 3
    assert reports(operation) == before + 3


def test_a_form_that_was_refused_can_be_sent_again(signed_in):
    client = signed_in("kpu-wakatobi")
    form = REPORT | {"csrfmiddlewaretoken": token_of(client), "place_class": ""}
    assert [client.post("/reports", form).status_code for _ in range(2)] == [422, 422]


def pressed(number: int = 0) -> SimpleNamespace:
    sent = QueryDict(mutable=True)
    sent.update({"csrfmiddlewaretoken": "a" * 64, "number": str(number)})
    return SimpleNamespace(POST=sent, path="/reports")


def test_of_many_presses_at_once_one_is_done():
    presses, done = Presses(), []
    together = threading.Barrier(8)

    def press(_: int) -> None:
        together.wait()
        with presses.of(1, pressed()) as found:
            if not found.onward:
                done.append(1)
                found.onward = "/reports/R-0001"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(8)))
    assert done == [1]


def test_what_two_members_send_is_apart_and_what_is_kept_is_bounded():
    presses = Presses()
    for member in (1, 2):
        with presses.of(member, pressed()) as found:
            assert not found.onward
            found.onward = "/"
    for number in range(1, KEPT + 1):
        with presses.of(3, pressed(number)):
            pass
    assert len(presses._kept) == KEPT
