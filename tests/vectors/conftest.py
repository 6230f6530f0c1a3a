"""Comparisons made in these helpers explain themselves as those of tests do."""
