"""Comparisons made in these helpers explain themselves as those of tests do."""

import pytest

pytest.register_assert_rewrite("vectors.play", "vectors.values")
