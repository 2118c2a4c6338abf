"""What the attempts share: both countries without a database, and the evening of the exercise."""

import pytest
from tests.roads import NAMES, Road, load_road

from anoa.picture import Picture


@pytest.fixture(scope="module", params=NAMES)
def road(request: pytest.FixtureRequest) -> Road:
    """Each country in turn, as its pack plays without a database."""
    return load_road(request.param)


@pytest.fixture(scope="module")
def evening(road: Road) -> Picture:
    """The exercise as the demo begins."""
    return road.played(to_the_end=False)[0]
