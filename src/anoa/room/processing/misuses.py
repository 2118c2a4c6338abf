"""The misuses that an impact assessment weighs, with what anoa does about each and what proves it.

Each number is a row of ``docs/explanation/what-anoa-refuses.md`` and a file of attempts that fail
in ``tests/misuse``; a test compares the three, so that no paper promises what has no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Misuse:
    """One misuse; ``is_open`` where a part of the answer is not in this version."""

    number: int
    what: Any
    answer: Any
    is_open: bool = False

    @property
    def proof(self) -> str:
        """The file of attempts that fail."""
        return f"tests/misuse/test_m{self.number:02d}.py"


MISUSES = (
    Misuse(1, _("A political map of villages"), _("No field holds a party or a candidate.")),
    Misuse(2, _("A watch-list of people"),
           _("There is no record of a person but members by role; texts are screened.")),
    Misuse(3, _("One institution changes the figures of another"),
           _("Who opened a thing owns it; others comment or dispute.")),
    Misuse(4, _("An incident is played down"),
           _("No entry rewrites another; two institutions sign a lowering.")),
    Misuse(5, _("A threat is inflated"),
           _("Every rung shows its evidence and rule; no rule reads an assembly.")),
    Misuse(6, _("A reporter is exposed"),
           _("A reporter's words are encrypted outside the log; a reporter is an opaque id.")),
    Misuse(7, _("Small numbers give a person away"),
           _("Nothing is shown without signing in; a public page is not in this version."), True),
    Misuse(8, _("An adversary uses the plan of deployment"),
           _("There is no plan of deployment in this version."), True),
    Misuse(9, _("Security forces collect results"),
           _("No field takes a number of votes or a picture of a result.")),
    Misuse(10, _("Social media are watched"),
           _("Nothing is fetched; no field holds an account or an author.")),
    Misuse(11, _("A machine labels groups or predicts persons"),
           _("There is no model of persons; every score is a sum whose parts are shown.")),
    Misuse(12, _("The log is edited in secret"),
           _("Its head is sealed and countersigned; anyone with the files can verify it.")),
    Misuse(13, _("Conduct of the state cannot be reported"),
           _("A complaint is sealed to the supervisor, past the body concerned and the host.")),
    Misuse(14, _("Everything is kept for ever"),
           _("What is stored of people goes when its time is over, with a certificate.")),
    Misuse(15, _("Too much security keeps voters away"),
           _("Presence begins at a threshold, by the checker of packs."), True),
    Misuse(16, _("Disability, distance or poverty is treated as danger"),
           _("Service is a class of its own, and no ladder reads it.")),
    Misuse(17, _("A mass alert causes panic"), _("Nothing is sent to anyone."), True),
    Misuse(18, _("A party or a foreign operator uses it"),
           _("It runs on the institutions' own machine and tries to reach nobody.")),
)  # fmt: skip
