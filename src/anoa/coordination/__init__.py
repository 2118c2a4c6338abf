"""How institutions work together: the things they share, who may do what next, what follows.

``act`` drafts the entries of a verb, ``follow`` and ``tick`` those of the written rules and the
clocks, and ``changes`` says what an entry makes of the things it touches. All are pure.
"""

from anoa.coordination import (  # register verbs
    commitment_verbs,
    duty_verbs,
    field_verbs,
    institution_verbs,
    member_verbs,
    reporting_verbs,
    retention_verbs,
    sealed_verbs,
    threat_verbs,
    triage_verbs,
)
from anoa.coordination.actors import Actor, State
from anoa.coordination.consequences import follow, tick
from anoa.coordination.kinds import KINDS, Field, Form, check_entry
from anoa.coordination.standing import changes
from anoa.coordination.values import (
    LETTERS,
    THINGS,
    ActionClass,
    AgencySpec,
    Clocks,
    CommitmentState,
    Item,
    ResponseProtocol,
    Rules,
    TaskState,
    ThreatType,
    Verdict,
    thing_of,
)
from anoa.coordination.verbs import VERBS, Verb, act, agenda

__all__ = [
    "KINDS", "LETTERS", "THINGS", "VERBS", "ActionClass", "Actor", "AgencySpec", "Clocks",
    "CommitmentState", "Field", "Form", "Item", "ResponseProtocol", "Rules", "State", "TaskState",
    "ThreatType", "Verb", "Verdict", "act", "agenda", "changes", "check_entry",
    "commitment_verbs", "duty_verbs", "field_verbs", "follow", "institution_verbs", "member_verbs",
    "reporting_verbs", "retention_verbs", "sealed_verbs", "thing_of", "threat_verbs", "tick",
    "triage_verbs",
]  # fmt: skip
