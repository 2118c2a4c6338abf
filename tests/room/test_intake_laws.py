"""Laws of intake: whatever the bytes and the answers, they are kept, filed, or told in words."""

from datetime import UTC, datetime

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anoa.coordination.actors import Actor
from anoa.errors import AnoaError
from anoa.forms import FieldType
from anoa.room import record
from anoa.room.intake.filing import _acted
from anoa.room.intake.json_front import arrival_of
from anoa.room.intake.meaning import Case, sentences, steps_of
from anoa.room.intake.storing import row_name
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.values import DEEPEST, Channel, told_time
from anoa.room.intake.vault import Vault, new_key

BEARER = Bearer(
    "abcdefghij", "op", frozenset({"submit"}), frozenset(), "polda-sultra", "", "", None
)
ODD = st.sampled_from([
    "", " ", "\x00", "=1+1", "@SUM(A1)", "\u202eabc", "🔥", "74.03", "99.99", "1e999", "-1", "NaN",
    "2024-08-08T11:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "x" * 3000,
    "74.03.01", "74.03.01-001", "2-10-5", "rumor", "market", "yes", "help", "arrival", "'; --",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=12) | ODD
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SENT = st.fixed_dictionaries(
    {"id": ODD | st.just("a-1"), "form": ODD | st.just("report")},
    optional={
        "version": JSON, "observed_at": ODD | JSON,
        "fields": st.dictionaries(ODD, JSON, max_size=4),
        "attachments": st.lists(st.fixed_dictionaries(
            {"name": ODD, "content": st.sampled_from(["", "QUJD", "%"])},
            optional={"media_type": ODD},
        ), max_size=3),
    },
)  # fmt: skip
WHOLE = b'{"id":"a-1","form":"report","version":"1","fields":{"region":"74.03"}}'
SAFE = Vault(new_key())


def read(body: bytes) -> None:
    """Read a body as the JSON address does, and pack it as the store does."""
    try:
        arrival = arrival_of(body, BEARER, Channel.API)
    except AnoaError as error:
        assert str(error)
        return
    assert arrival.body == body
    name = row_name(arrival.scope, arrival.sender_id)
    fields, kept = SAFE.unpack(name, SAFE.pack(name, arrival.fields, arrival.body))
    assert (fields, kept) == (arrival.fields, body)
    at = datetime.now(UTC) if arrival.observed_at is None else arrival.observed_at
    assert 1899 < at.year < 2201


@given(SENT.map(msgspec.json.encode))
@settings(max_examples=60)
def test_law_json_of_any_values_is_kept_or_told(body):
    read(body)


@given(st.binary(max_size=120), st.integers(0, len(WHOLE)))
@settings(max_examples=60)
def test_law_any_bytes_are_kept_or_told(noise, at):
    for body in (noise, WHOLE[:at] + noise + WHOLE[at:], WHOLE[:at]):
        read(body)


@given(st.integers(0, 2000))
@example(DEEPEST)
@settings(max_examples=15)
def test_law_answers_of_any_depth_are_kept_or_told(depth):
    body = b'{"id":"a","form":"b","fields":{"a":' + b"[" * depth + b"]" * depth + b"}}"
    read(body)


@given(ODD | st.text(max_size=40) | st.datetimes().map(str))
@settings(max_examples=60)
def test_law_any_time_is_a_time_of_this_age_or_told(text):
    at, problems = told_time(text)
    assert (at is None) == (bool(problems) or not text)
    assert at is None or 1900 <= at.year < 2200


FITTING = {
    FieldType.COUNT: 1, FieldType.AMOUNT: 1, FieldType.TEXT: "a few plain words",
    FieldType.TIME: "2024-08-08T11:00:00Z", FieldType.REGION: "74.03",
    FieldType.SUB_DISTRICT: "74.03.01", FieldType.POLLING_STATION: "74.03.01-001",
    FieldType.PICTURE: "1.jpg", FieldType.POINT: "-4.8 122.7",
}  # fmt: skip


def fitting(form, asked):
    """An answer that fits, or nearly."""
    if not asked.choices:
        return FITTING.get(asked.type)
    first = asked.choices[0].id
    return [first] if asked.type is FieldType.CHOICES else first


def test_law_any_answers_to_any_form_are_filed_or_wait_with_a_reason(operation):
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    forms, filed = list(pack.forms.values()), set()

    @given(
        st.sampled_from(forms),
        st.lists(st.tuples(st.integers(0, 40), JSON | ODD | st.none()), max_size=2),
        st.none() | st.sampled_from([datetime(1970, 1, 1, tzinfo=UTC), picture.at]),
    )
    @example(pack.forms["observer"], [], None)
    @settings(max_examples=100)
    def holds(form, changes, observed_at):
        fields = {one.name: fitting(form, one) for one in form.fields}
        names = [*fields, "object", "submission"]
        fields |= {names[number % len(names)]: value for number, value in changes}
        case = Case(
            7, "0" * 64, form.id, form, fields, "polda-sultra", "", "abcdefghij",
            datetime.now(UTC), observed_at, pack, picture.at, True,
        )  # fmt: skip
        actor = Actor("token-a", case.agency, "reporter")
        try:
            if _acted(picture, pack, actor, steps_of(case), picture.at):
                filed.add(form.id)
        except AnoaError as error:
            assert all(sentences(error))

    holds()
    assert filed, "no example was ever filed"
