"""Durable state: SQLite by default, one process and one file. The tables stand in `schema`, the doors in `sqlite`."""
