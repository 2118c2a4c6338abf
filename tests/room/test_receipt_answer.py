"""The reporter's code gets the answer: what became of it, in plain words and nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from anoa.coordination.reporting import REPORT_STATES
from anoa.room import actions, record
from anoa.room.intake import inbox
from anoa.room.intake.storing import vault
from anoa.room.models import SubmissionRow
from anoa.room.views.intake import ASIDE_WORDS, BECAME_WORDS

REPORT = {
    "region": "74.03", "threat_type": "rumor", "object": "activity", "place_class": "online",
    "reliability": "F", "credibility": "6", "obtained": "told",
}  # fmt: skip
WORDS = "They say the boat will not come."


@pytest.fixture
def filed(member, operation):
    """A report with its reporter's words, and the code of its receipt."""

    def file(who: str = "bawaslu-prov", **changes: str) -> tuple[str, str]:
        at = record.current_picture(operation).at
        assert at is not None
        data = REPORT | {"observed_at": at.isoformat()} | changes
        made = actions.do(member(who), "report.file", "", data, raw_words=WORDS)
        row = SubmissionRow.objects.get(subject=made[0].subject)
        return made[0].subject, vault().code(row.number)

    return file


def told(code: str, language: str = "en") -> str:
    answer = Client().get(f"/receipt?code={code}&language={language}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_step_of_a_report_is_told_and_no_more(filed, member, operation):
    ident, code = filed()
    steps = [
        (None, {}, "waits for an answer"),
        ("report.acknowledge", {}, "an institution has answered for it"),
        ("report.take_up", {}, "Another institution is verifying it now"),
        ("report.judge", {"verdict": "verified", "reason": "Seen by two posts."}, "verified it."),
    ]
    for verb, data, sentence in steps:
        if verb:
            actions.do(member("kpu-prov"), verb, ident, data)
        page = told(code)
        assert sentence in page, verb
        for hidden in (ident, "kpu", "KPU", "bawaslu", "Bawaslu", "Seen by two posts", WORDS,
                       "74.03", "rumor"):  # fmt: skip
            assert hidden not in page, hidden


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [("refuted", "did not find it so"), ("unrelated", "does not concern the election"),
     ("duplicate", "was reported already")],
)  # fmt: skip
def test_a_verdict_reaches_the_reporter(filed, member, operation, verdict, sentence):
    ident, code = filed()
    other, _code = filed("kesbangpol")
    of = {"of": other} if verdict == "duplicate" else {}
    data = {"verdict": verdict, "reason": "So it is."} | of
    actions.do(member("kpu-prov"), "report.judge", ident, data)
    page = told(code)
    assert sentence in page and other not in page
    assert sentence not in told(code, "id"), "and in the reporter's own language"


def test_the_word_of_the_reporters_own_chain_is_not_told_as_verification(filed, member, operation):
    ident, code = filed("kabagops-muna")
    data = {"verdict": "verified", "reason": "We saw it too."}
    actions.do(member("posko"), "report.judge", ident, data)
    assert record.current_picture(operation).reports[ident].state == "verified_in_chain"
    page = told(code)
    assert "verified it" not in page and "answered for it" in page


def test_a_withdrawn_report_is_told_so(filed, member, operation):
    ident, code = filed()
    actions.do(member("bawaslu-prov"), "report.withdraw", ident, {"reason": "Ours was wrong."})
    assert "took it back" in told(code) and "Ours was wrong" not in told(code)


def test_every_state_and_every_class_of_reason_has_its_sentence() -> None:
    states = {f"report.{one}" for one in REPORT_STATES} - {"report.verified_in_chain"}
    asides = {f"aside.{one}" for one in inbox.ASIDE}
    assert set(BECAME_WORDS) == states | asides
    assert set(ASIDE_WORDS) == set(inbox.ASIDE)


def test_a_sealed_report_is_answered_like_any_other_and_shows_nothing_of_it(filed, operation):
    ident, code = filed("kesbangpol", threat_type="state_conduct", handling="sealed")
    page = told(code)
    assert "waits for an answer" in page
    assert ident not in page and "state_conduct" not in page and "sealed" not in page.lower()
    assert not re.search(r"\bBawaslu\b", page)


def test_a_wrong_code_is_told_nothing(operation, filed):
    filed()
    answer = Client().get("/receipt?code=AAA-AAA&language=en")
    assert answer.status_code == 404 and "What became" not in answer.content.decode()
