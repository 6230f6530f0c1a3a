"""HTTP out: performing requests, and keeping them from where they must not go."""
