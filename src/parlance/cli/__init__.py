"""The commands. They are thin: what changes state goes through a gateway's admin API."""

from parlance.cli.commands import main

__all__ = ["main"]
