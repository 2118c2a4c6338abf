"""Official shapes in place of a pack's approximate ones: read, match, mend, simplify, compare.

``read_features`` reads GeoJSON, ``propose`` says which feature is which region and what a person
has to confirm, ``replacement`` makes the new shapes of the pack from what was accepted. Nothing
here opens a file: the command does, and ``anoa.pack`` writes.
"""

from __future__ import annotations

from anoa.boundaries.features import LARGEST_FILE, Feature, FeatureFile, read_features
from anoa.boundaries.matching import Match, Pair
from anoa.boundaries.replacing import (
    TOLERANCE_M,
    Candidate,
    Proposal,
    Replacement,
    frame_of,
    propose,
    replacement,
)

__all__ = [
    "LARGEST_FILE", "TOLERANCE_M", "Candidate", "Feature", "FeatureFile", "Match", "Pair",
    "Proposal", "Replacement", "frame_of", "propose", "read_features", "replacement",
]  # fmt: skip
