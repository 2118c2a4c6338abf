"""The one rule of who may see what has a handling and an owner; ``sight`` applies it to a picture.

Verbs ask it too: what an institution may not see is not there for it, and nothing that it may see
names what fewer may see.
"""

from __future__ import annotations

from anoa.oplog import Handling

OF_ALL = "institutions"  # a reader who sees what all institutions see, and owns nothing
Eyes = tuple[str | None, Handling]  # the institution, and the widest handling it is let into
CIRCLES = (Handling.PUBLIC, Handling.INSTITUTIONS, Handling.SEALED)  # from all to one


def may_see(handling: Handling, owner: str, agency: str | None, sees: Handling) -> bool:
    """Whether a reader of that institution may see what has this handling and owner.

    ``agency`` None is an outsider. ``sees`` is the widest handling the institution is let into.

    >>> may_see(Handling.INSTITUTIONS, "commission", None, Handling.PUBLIC)
    False
    """
    if handling is Handling.PUBLIC:
        return True
    if agency is None:
        return False
    if owner == agency:
        return True
    return handling is Handling.INSTITUTIONS and sees is not Handling.PUBLIC


def eyes_of(agency: str | None, sees: Handling, reads: str = "own") -> Eyes:
    """Through whose eyes a member of that institution reads, whose part is limited to ``reads``.

    >>> eyes_of("police", Handling.INSTITUTIONS, "public")
    (None, <Handling.PUBLIC: 'public'>)
    """
    if agency is None or reads == "own":
        return agency, sees
    if reads == "public" or sees is Handling.PUBLIC:
        return None, Handling.PUBLIC
    return OF_ALL, sees


def is_as_wide(named: Handling | str, by: Handling | str) -> bool:
    """Whether all who may see a thing of handling ``by`` may see what has the handling ``named``.

    Of two sealed things this says nothing more than that both are: whose they are is another
    question.

    >>> is_as_wide("institutions", by="public"), is_as_wide("public", by="sealed")
    (False, True)
    """
    return CIRCLES.index(Handling(named)) <= CIRCLES.index(Handling(by))
