"""The data folder: which files stand in it beside the database, and how they are written."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from parlance.model.value import dataclass

GATEWAY_FILE = "gateway.json"
DEMO_FILE = "demo.json"
SECRET_KEY_FILE = "secret.key"  # noqa: S105  (the name of a file)
ADMIN_TOKEN_FILE = "admin-token"  # noqa: S105  (the name of a file)


class FolderFault(Exception):
    """The data folder cannot be used. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where the gateway of a data folder answers its admin API, and its process id."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One data folder. Whatever holds a secret is readable by its owner alone."""

    path: Path

    def prepare(self) -> None:
        """Make the folder when there is none; raises `FolderFault`."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            raise FolderFault(f"The data folder {self.path} cannot be made: {fault.strerror}.") from None

    def secret_key(self, given: str, *, used: bool) -> str:
        """The key that encrypts stored secrets: the one given, else the folder's, made when there is none.

        `used`: something was already written with a key, so that a new one would not do; raises `FolderFault`.
        """
        if not given and used and self._read(SECRET_KEY_FILE) is None:
            raise FolderFault(
                f"{self.path / SECRET_KEY_FILE} is missing, and the data was written with it. Put it back, or give its "
                "contents as PARLANCE_SECRET_KEY. Should it be lost: routes' credentials, API keys and signing secrets "
                "are lost with it; messages, windows and templates are not."
            )
        return given or self._lasting_secret(SECRET_KEY_FILE)

    def next_secret_key(self, given: str) -> str:
        """The key that is to come, written beside the present one; one that a broken-off change left is taken up."""
        name = f"{SECRET_KEY_FILE}.new"
        if given:
            self._write(name, given)
        return given or self._lasting_secret(name)

    def turn_secret_key(self) -> None:
        """Put the key that was to come in the place of the present one; raises `FolderFault`."""
        try:
            (self.path / f"{SECRET_KEY_FILE}.new").replace(self.path / SECRET_KEY_FILE)
        except OSError as fault:
            raise FolderFault(f"{self.path / SECRET_KEY_FILE} cannot be written: {fault.strerror}.") from None

    def admin_token(self, given: str) -> str:
        """The admin API's token: the one given, else the folder's, made when there is none."""
        return given or self._lasting_secret(ADMIN_TOKEN_FILE)

    def known_admin_token(self) -> str:
        """The folder's admin token, empty when there is none."""
        return self._read(ADMIN_TOKEN_FILE) or ""

    def announce(self, url: str) -> None:
        """Tell commands where the running gateway is."""
        self._write(GATEWAY_FILE, json.dumps({"url": url, "pid": os.getpid()}))

    def withdraw(self) -> None:
        """The gateway stops."""
        (self.path / GATEWAY_FILE).unlink(missing_ok=True)

    def running(self) -> Running | None:
        """The gateway that announced itself last; it may have died since."""
        facts = self._read_object(GATEWAY_FILE)
        url, pid = facts.get("url"), facts.get("pid")
        return Running(url, pid) if isinstance(url, str) and isinstance(pid, int) else None

    def demo(self) -> dict[str, Any]:
        """What `dev` set up here before; empty when nothing."""
        return self._read_object(DEMO_FILE)

    def keep_demo(self, facts: dict[str, Any]) -> None:
        """Remember what `dev` set up, secrets included."""
        self._write(DEMO_FILE, json.dumps(facts, indent=1))

    def _lasting_secret(self, name: str) -> str:
        if (found := self._read(name)) is None:
            self._write(name, secrets.token_hex(32), keep=True)
            found = self._read(name)
        if not found:
            raise FolderFault(
                f"{self.path / name} is empty: put its contents back, or remove it if nothing needs them."
            )
        return found

    def _read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as fault:
            raise FolderFault(f"{self.path / name} cannot be read: {fault}.") from None

    def _read_object(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self._read(name) or "{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def _write(self, name: str, text: str, *, keep: bool = False) -> None:
        """Write a file at once or not at all; `keep`: one that another process wrote meanwhile stays."""
        part = self.path / f".{name}.{os.getpid()}"
        try:
            part.touch(mode=0o600)
            with part.open("w", encoding="utf-8") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(file.fileno())
            if keep:
                with contextlib.suppress(FileExistsError):
                    os.link(part, self.path / name)
                part.unlink()
            else:
                part.replace(self.path / name)
        except OSError as fault:
            raise FolderFault(f"{self.path / name} cannot be written: {fault.strerror}.") from None
