"""The gateway's settings: one typed table, filled from four places.

Later places win: the defaults below, `parlance.toml`, the environment (`PARLANCE_` and the setting's name in capitals),
the flags of the command line. The file is looked for in the working folder first, then in the data folder; the first
one found is read.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

FILE = "parlance.toml"
PREFIX = "PARLANCE_"

_LEAST_ADMIN_TOKEN = 16
_LEAST_SECRET_KEY = 32
_HIGHEST_PORT = 65_535


class SettingsFault(Exception):
    """Settings cannot be used. `faults` has one sentence for each, with the value seen and what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class Settings(BaseSettings):
    """What `parlance serve` can be told. Made by `load`, which turns faults into sentences."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=True
    )

    data: Path = Field(Path("data"), description="Folder that holds everything the gateway keeps.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(
        8900, ge=0, le=_HIGHEST_PORT, description="Port to listen on; 0 takes any free one, told in `gateway.json`."
    )
    public_url: str = Field(
        "",
        description=(
            "Address under which vendors and clients reach the gateway; callback addresses are built from it. "
            "Required when `host` is not a loopback address; empty means host and port."
        ),
    )
    admin_listen: str = Field(
        "",
        description=(
            "HOST:PORT for the admin API, the sandbox API, the console and the metrics. Empty: the same port as "
            "everything else on a loopback `host`, and `127.0.0.1:8901` on any other."
        ),
    )
    database: str = Field("", description="`sqlite`, or empty for the same: one file in the data folder.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "Key that encrypts stored secrets, at least 32 characters. Empty: `secret.key` in the data folder, made on "
            "the first start."
        ),
    )
    admin_token: SecretStr = Field(
        SecretStr(""),
        description=(
            "Bearer token of the admin API, at least 16 characters. Empty: `admin-token` in the data folder, made on "
            "the first start."
        ),
    )
    allow_private_webhooks: bool = Field(
        default=False,
        description="Let webhooks go to private and loopback addresses; `dev` does. Only with a loopback `host`.",
    )
    message_ttl_seconds: int = Field(
        86_400, ge=1, description="A message that could not leave in this time expires, in seconds."
    )
    unsure_hours: int = Field(
        24, ge=1, description="A message whose outcome stays unknown for this time fails, in hours."
    )
    unsure_hold_seconds: int = Field(
        60, ge=0, description="How long a message with unknown outcome holds back its chat, in seconds."
    )
    in_flight: int = Field(64, ge=1, le=1_000, description="Most messages of one route under way at the same time.")
    request_limit_seconds: int = Field(30, ge=1, le=300, description="Time limit of a request to a vendor, in seconds.")
    strict_templates: bool = Field(
        default=False, description="Refuse templates that are not registered here, also on routes to real vendors."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_json: bool = Field(default=False, description="Log one JSON object per line.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the places: flags, environment, file."""
        file = _find_file({**env_settings(), **init_settings()})
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @field_validator("data")
    @classmethod
    def _check_data(cls, value: Path) -> Path:
        folder = value.expanduser()
        known = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not known.is_dir():
            raise ValueError(f"{known} is a file; name a folder")
        if not os.access(known, os.R_OK | os.W_OK | os.X_OK):
            raise ValueError(
                f"{known} cannot be read and written by this user; change its rights or name another folder"
            )
        return folder

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            if is_loopback(info.data.get("host", "localhost")):
                return value
            raise ValueError(
                f"the gateway listens on {info.data['host']}; give the https:// address it is reached under"
            )
        url = urlsplit(value)
        if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
            raise ValueError("give an address such as https://gateway.example.com")
        if url.scheme == "http" and not _is_near(url.hostname):
            raise ValueError("keys would travel in clear; use https")
        return value.rstrip("/")

    @field_validator("admin_listen")
    @classmethod
    def _check_admin_listen(cls, value: str) -> str:
        if value:
            host, _, port = value.rpartition(":")
            if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
                raise ValueError("give HOST:PORT, such as 127.0.0.1:8901")
        return value

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value.startswith("postgres"):
            raise ValueError("this version keeps its data in SQLite only; leave the setting out")
        if value not in {"", "sqlite"}:
            raise ValueError("give sqlite, or leave the setting out")
        return value

    @field_validator("secret_key", "admin_token")
    @classmethod
    def _check_length(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        least = _LEAST_SECRET_KEY if info.field_name == "secret_key" else _LEAST_ADMIN_TOKEN
        text = value.get_secret_value()
        if text and len(text) < least:
            raise ValueError(f"give at least {least} characters, or leave the setting out to have one made")
        if not text.isascii() or not (text.isprintable() and " " not in text):
            raise ValueError("use ASCII letters, digits and marks without blanks")
        return value

    @field_validator("allow_private_webhooks")
    @classmethod
    def _check_private(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (the library's signature)
        if value and not is_loopback(info.data.get("host", "localhost")):
            raise ValueError(f"webhooks could reach your own network while the gateway listens on {info.data['host']}")
        return value

    @property
    def shares_port(self) -> bool:
        """Whether admin API, console and metrics are served on the same port as everything else."""
        return not self.admin_listen and is_loopback(self.host)

    @property
    def admin_address(self) -> tuple[str, int]:
        """Host and port of the admin API's own listener; only where the port is not shared."""
        host, _, port = (self.admin_listen or "127.0.0.1:8901").rpartition(":")
        return host.strip("[]"), int(port)


class DevSettings(Settings):
    """What `parlance dev` can be told: the same, but webhooks to this machine are what one tries first."""

    allow_private_webhooks: bool = Field(default=True, description="Let webhooks go to private and loopback addresses.")


def load(kind: type[Settings] = Settings, /, **flags: object) -> Settings:
    """Read the settings; flags that are None count as not given. Raises `SettingsFault` with all faults at once."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        return kind(**given)
    except ValidationError as fault:
        raise SettingsFault([_sentence(each, given) for each in fault.errors(include_url=False)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsFault([f"{FILE} cannot be read: {fault}"]) from None


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_near(host: str) -> bool:
    """Whether a name or address in a URL lies in the operator's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return address.is_private or address.is_loopback


def _find_file(known: Mapping[str, Any]) -> Path | None:
    """Find `parlance.toml`. In the data folder it cannot say where the data folder is."""
    here = Path(FILE)
    if here.is_file():
        return here
    folder = Path(known.get("data", Settings.model_fields["data"].default)).expanduser()
    file = folder / FILE
    if not file.is_file():
        return None
    if "data" in tomllib.loads(file.read_text(encoding="utf-8")):
        raise SettingsFault([f"data cannot be set in {file}: the folder must be known to find the file; take it out"])
    return file


_REPAIRS = {
    "data": "give the path of a folder",
    "host": "give an address such as 127.0.0.1",
    "port": "give a whole number from 0 to 65535",
    "message_ttl_seconds": "give a whole number of seconds, at least 1",
    "unsure_hours": "give a whole number of hours, at least 1",
    "unsure_hold_seconds": "give a whole number of seconds, at least 0",
    "in_flight": "give a whole number from 1 to 1000",
    "request_limit_seconds": "give a whole number of seconds from 1 to 300",
    "allow_private_webhooks": "give true or false",
    "strict_templates": "give true or false",
    "log_json": "give true or false",
    "log_level": "give debug, info, warning or error",
}
_SECRETS = frozenset({"secret_key", "admin_token", "database"})


def _sentence(fault: Any, flags: Mapping[str, object]) -> str:
    """Say one fault: which setting and where it was given, the value seen, what to do."""
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return f"{name} in {FILE} is no setting; take it out or correct its name"
    seen = "(hidden)" if name in _SECRETS else repr(str(fault["input"])) if fault["input"] else "not set"
    own = fault["type"] == "value_error"
    repair = fault["ctx"]["error"] if own else _REPAIRS.get(name, "give a text")
    return f"{_place(name, flags)} is {seen}: {repair}"


def _place(name: str, flags: Mapping[str, object]) -> str:
    if name in flags:
        return f"--{name.replace('_', '-')}"
    if os.environ.get(f"{PREFIX}{name.upper()}"):
        return f"{PREFIX}{name.upper()}"
    return name
