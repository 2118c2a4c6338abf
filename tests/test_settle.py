"""Settling a large act: the same entries as asking every rule anew, and far fewer questions."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa import picture as module
from anoa.coordination.actors import Actor
from anoa.coordination.consequences import follow
from anoa.coordination.verbs import act
from anoa.errors import LogError
from anoa.pack import load_pack
from anoa.picture import Picture, opening, settle

PACK = load_pack("packs/sultra-2024")
AT = datetime(2024, 8, 8, tzinfo=UTC)
PLACES = [next(one for one in PACK.sub_districts.values() if one.region == region)
          for region in ("74.03", "74.71")]  # fmt: skip
TYPES = [one for one in PACK.threat_types.values() if not one.context][:3]


def salts():
    numbers = count(1)
    return lambda: f"{next(numbers):032x}"


def start():
    return settle(Picture(), PACK.rules, opening(PACK, AT, exercise=True), salts())[0]


BEFORE = start()
AGENCIES = sorted({one.agency for one in PACK.cast.values() if one.agency})


def filed(number, place, kind, agency="polda-sultra", credibility="2"):
    """The draft of a report, under the id that it will get."""
    data = {
        "region": place.region, "sub_district": place.code, "threat_type": kind.id,
        "place_class": "market", "object": kind.object, "observed_at": "2024-08-07T22:00:00Z",
        "reliability": "B", "credibility": credibility, "obtained": "seen",
    }  # fmt: skip
    actor = Actor(f"of-{agency}", agency, "duty_officer")
    (draft,) = act(BEFORE, PACK.rules, actor, "report.file", "", data, AT)
    return replace(draft, subject=f"R-{number:04}")


def judged(number, by):
    """The draft of a judgement that verifies that report."""
    like = filed(number, PLACES[0], TYPES[0])
    data = {"verdict": "verified", "same_chain": False, "reason": "seen on the spot"}
    return replace(like, kind="report.judged", subject=f"R-{number:04}", agency=by, by="x",
                   data=data)  # fmt: skip


def asked_anew(picture, rules, drafts, salt):
    """The rule without any memory: after each answer every entry is asked again."""
    waiting, made = list(drafts), []
    while waiting:
        entry = waiting.pop(0).numbered(picture.seq + 1, salt())
        picture = picture.apply(entry)
        made.append(entry)
        for one in made if not waiting else ():
            waiting = [
                draft for draft in follow(picture, rules, one)
                if not any((draft.cause, draft.kind, draft.subject)
                           == (done.cause, done.kind, done.subject) for done in made)
            ]  # fmt: skip
            if waiting:
                break
    return picture, tuple(made)


REPORTS = st.tuples(st.sampled_from(PLACES), st.sampled_from(TYPES), st.sampled_from(AGENCIES),
                    st.sampled_from("236"))  # fmt: skip


@settings(max_examples=25)
@given(st.lists(REPORTS, min_size=1, max_size=12), st.lists(st.integers(1, 12), max_size=4))
def test_a_large_act_makes_the_same_entries_as_asking_every_rule_anew(reports, verdicts):
    drafts = [filed(number, *one) for number, one in enumerate(reports, 1)]
    numbers = sorted({number for number in verdicts if number <= len(drafts)})
    drafts += [judged(number, "kesbangpol-prov") for number in numbers]
    assert settle(BEFORE, PACK.rules, drafts, salts()) == asked_anew(
        BEFORE, PACK.rules, drafts, salts()
    )


def test_a_rule_is_asked_a_few_times_for_each_entry_however_many_there_are(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "follow", lambda *args: asked.append(1) or follow(*args))
    drafts = [filed(n + 1, PLACES[n % 2], TYPES[n % 3]) for n in range(700)]
    after, made = settle(BEFORE, PACK.rules, drafts, salts())
    assert len(made) > 700, "more than one act may have of consequences, as they are many drafts"
    assert after.seq == BEFORE.seq + len(made)
    assert len(asked) < 2 * len(made)


def test_rules_that_chase_each_other_are_stopped(monkeypatch):
    draft = filed(1, PLACES[0], TYPES[0])

    def forever(picture, rules, entry):
        return (replace(draft, seq=0, subject=f"R-{picture.seq:06}", cause=entry.seq),)

    monkeypatch.setattr(module, "follow", forever)
    monkeypatch.setattr(module, "CHAIN_LIMIT", 20)
    with pytest.raises(LogError, match="chase each other"):
        settle(BEFORE, PACK.rules, [draft], salts())
