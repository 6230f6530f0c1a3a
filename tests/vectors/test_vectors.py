"""Every recorded exchange, played against the provider that it was recorded for."""

import pytest

from parlance.providers import discover
from vectors.files import Vector, vectors
from vectors.play import play

ALL = [vector for name in discover() for vector in vectors(name)]


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: f"{vector} {vector.side}")
def test_the_provider_says_what_was_recorded(vector: Vector) -> None:
    play(vector)
