"""The gateway's settings: one typed table, filled from four places.

Later places win: the defaults below, `parlance.toml`, the environment (`PARLANCE_` and the setting's name in capitals),
the flags of the command line. The file is looked for in the working folder first, then in the data folder; the first
one found is read.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from parlance import checks

FILE = checks.FILE
PREFIX = checks.PREFIX
is_loopback = checks.is_loopback

_LEAST_ADMIN_TOKEN = 16
_LEAST_SECRET_KEY = 32


Seconds = Annotated[float, Field(ge=0.1, le=3_600)]


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
        8900,
        ge=0,
        le=checks.HIGHEST_PORT,
        description="Port to listen on; 0 takes any free one, told in `gateway.json`.",
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
    database: str = Field(
        "",
        description=(
            "`sqlite`, or empty for the same: one file in the data folder. Or `postgresql://user:password@host/name`, "
            "which any number of nodes may share; `secret_key` and `admin_token` are then required."
        ),
    )
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
    roles: str = Field(
        ",".join(checks.ROLES),
        description="What this process does, with commas between: api, dispatch, announce, console. PostgreSQL only.",
    )
    workers: int = Field(1, ge=1, le=64, description="How many processes share the port. PostgreSQL only.")
    lease_seconds: int = Field(
        10,
        ge=1,
        le=600,
        description="Within how long others have taken over what a node did that is silent. PostgreSQL only.",
    )
    trusted_proxies: str = Field(
        "",
        description=(
            "Addresses and networks of the proxies in front, with commas between. Only what they say in "
            "`X-Forwarded-For` and `X-Forwarded-Proto` is believed."
        ),
    )
    tls_proxy: bool = Field(
        default=False,
        description=(
            "Say that a proxy with TLS stands before what is listened on beyond this machine, or that the network is "
            "all your own. Needed for an `http://` `public_url` and for an `admin_listen` beyond loopback."
        ),
    )
    header_seconds: Seconds = Field(10, description="How long a request's head may take to arrive, in seconds.")
    body_seconds: Seconds = Field(60, description="How long a request's body may take to arrive, in seconds.")
    answer_seconds: Seconds = Field(
        30, description="How long a client may leave an answer untaken before its connection is closed, in seconds."
    )
    keep_alive_seconds: int = Field(
        75, ge=1, le=3_600, description="How long a connection without a request stays open, in seconds."
    )
    header_bytes: int = Field(
        32_768, ge=1_024, le=1_048_576, description="Largest head of a request, its address included, in bytes."
    )
    max_connections: int = Field(
        10_000,
        ge=16,
        le=1_000_000,
        description="Most connections of one listener. Beyond it idle ones are closed, and new ones refused.",
    )
    failed_logins: int = Field(
        20,
        ge=0,
        le=100_000,
        description=(
            "Most failed logins from one address in a minute, and three times as many at one sender from everywhere; "
            "0: any number. Whoever logged in from the same address before is let in all the same."
        ),
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
    console: Literal["loopback", "anywhere", "off"] = Field(
        "loopback",
        description=(
            "Whom the console in the browser answers: `loopback` this machine alone, `anywhere` whoever reaches its "
            "port (put https before it), `off` nobody."
        ),
    )
    retention_payload_days: int = Field(
        0, ge=0, description="What messages said is removed after so many days; 0: never. Their metadata stay."
    )
    retention_days: int = Field(
        0, ge=0, description="Messages and their history are removed after so many days, at least 30; 0: never."
    )
    stall_minutes: int = Field(
        30,
        ge=0,
        description="A sender whose sent messages bring no receipt for so many minutes counts as stalled; 0: never.",
    )
    oldest_minutes: int = Field(
        60,
        ge=0,
        description="A sender whose oldest waiting message is over so many minutes old counts as stalled; 0: never.",
    )
    sender_labels: bool = Field(
        default=False, description="Give the metrics of queues one line for each sender, and not only for each carrier."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_json: bool = Field(default=False, description="Log one JSON object per line.")
    log_requests: bool = Field(
        default=False,
        description="Log each request with its id, its call, its status and its time; never its address, key or body.",
    )

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
        return checks.usable_folder(value)

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str, info: ValidationInfo) -> str:
        return checks.public_address(value, info.data.get("host", "localhost"))

    @field_validator("admin_listen")
    @classmethod
    def _check_admin_listen(cls, value: str) -> str:
        return checks.host_and_port(value)

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value in {"", "sqlite"} or checks.is_shared(value):
            return value
        raise ValueError("give sqlite or postgresql://user:password@host/name, or leave the setting out")

    @field_validator("secret_key", "admin_token")
    @classmethod
    def _check_given(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if not value.get_secret_value() and checks.is_shared(info.data.get("database")):
            raise ValueError("nodes that share a database share it too; give the output of: openssl rand -hex 32")
        return value

    @field_validator("roles")
    @classmethod
    def _check_roles(cls, value: str, info: ValidationInfo) -> str:
        return checks.roles(value, shared=checks.is_shared(info.data.get("database")))

    @field_validator("workers")
    @classmethod
    def _check_workers(cls, value: int, info: ValidationInfo) -> int:
        if value > 1 and not checks.is_shared(info.data.get("database")):
            raise ValueError("one process owns a SQLite file; several need a PostgreSQL database")
        return value

    @field_validator("secret_key", "admin_token")
    @classmethod
    def _check_length(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        least = _LEAST_SECRET_KEY if info.field_name == "secret_key" else _LEAST_ADMIN_TOKEN
        checks.secret(value.get_secret_value(), least)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        return ",".join(checks.networks(value))

    @field_validator("allow_private_webhooks")
    @classmethod
    def _check_private(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (the library's signature)
        if value and not is_loopback(info.data.get("host", "localhost")):
            raise ValueError(f"webhooks could reach your own network while the gateway listens on {info.data['host']}")
        return value

    @property
    def postgres_url(self) -> str:
        """Where the PostgreSQL database is; empty when the data is in SQLite."""
        return self.database if checks.is_shared(self.database) else ""

    @property
    def duties(self) -> frozenset[str]:
        """The roles of this process."""
        return frozenset(self.roles.split(","))

    @property
    def shares_port(self) -> bool:
        """Whether admin API, console and metrics are served on the same port as everything else."""
        return not self.admin_listen and is_loopback(self.host)

    @property
    def admin_address(self) -> tuple[str, int]:
        """Host and port of the admin API's own listener; only where the port is not shared."""
        host, _, port = (self.admin_listen or "127.0.0.1:8901").rpartition(":")
        return host.strip("[]"), int(port)


class ServeSettings(Settings):
    """What `parlance serve` can be told: the same, and safe."""

    @field_validator("data")
    @classmethod
    def _check_rights(cls, value: Path) -> Path:
        if fault := checks.open_rights(value):
            raise ValueError(fault)
        return value

    @field_validator("secret_key", "admin_token")
    @classmethod
    def _check_strength(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and (fault := checks.weak_secret(text)):
            raise ValueError(f"{fault}; give the output of: openssl rand -hex 32")
        return value

    @field_validator("tls_proxy")
    @classmethod
    def _check_tls(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (the library's signature)
        if not value:
            known = {"public_url": "", "host": "localhost", "admin_listen": "", **info.data}
            checks.clear_text(known["public_url"], known["host"], known["admin_listen"])
        return value


class DevSettings(Settings):
    """What `parlance dev` can be told: the same, but made for trying, on this machine, what goes wrong."""

    allow_private_webhooks: bool = Field(default=True, description="Let webhooks go to private and loopback addresses.")
    failed_logins: int = Field(
        0, ge=0, le=100_000, description="Most failed logins from one address in a minute; 0 counts none."
    )


def load(kind: type[Settings] = Settings, /, **flags: object) -> Settings:
    """Read the settings; flags that are None count as not given. Raises `SettingsFault` with all faults at once."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        return kind(**given)
    except ValidationError as fault:
        raise SettingsFault([checks.sentence(each, given) for each in fault.errors(include_url=False)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsFault([f"{FILE} cannot be read: {fault}"]) from None


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
