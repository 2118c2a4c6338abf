"""Proposes that accounts tell of the same event; a person decides, and may undo it."""

from anoa.same_event.accounts import FEATURES, Account, Pairs, Source, compare
from anoa.same_event.grouping import groups, linked
from anoa.same_event.model import Band, Provenance, Weights, chance, fit, shipped

__all__ = [
    "FEATURES",
    "Account",
    "Band",
    "Pairs",
    "Provenance",
    "Source",
    "Weights",
    "chance",
    "compare",
    "fit",
    "groups",
    "linked",
    "shipped",
]
