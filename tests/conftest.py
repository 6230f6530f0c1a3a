"""What every test may ask for."""

import pytest

# Before anything imports them: their assertions shall say what they found.
pytest.register_assert_rewrite("vectors.play", "vectors.values")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the gateway does."""
    return "asyncio"
