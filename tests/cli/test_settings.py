"""Settings come from four places, and their faults come as sentences, all at once."""

from pathlib import Path

import pytest

from parlance import checks
from parlance.settings import DevSettings, ServeSettings, Settings, SettingsFault, is_loopback, load

PRIVATE = (
    "PARLANCE_ALLOW_PRIVATE_WEBHOOKS is 'true': "
    "webhooks could reach your own network while the gateway listens on wa.me"
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a settings file."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PARLANCE_{name.upper()}", raising=False)
    return tmp_path


def faults(**flags: object) -> tuple[str, ...]:
    with pytest.raises(SettingsFault) as caught:
        load(**flags)
    return caught.value.faults


def unsafe(**flags: object) -> tuple[str, ...]:
    """What `serve` has against these settings."""
    with pytest.raises(SettingsFault) as caught:
        load(ServeSettings, **flags)
    return caught.value.faults


def test_defaults() -> None:
    settings = load()
    assert (settings.data, settings.host, settings.port) == (Path("data"), "127.0.0.1", 8900)
    assert settings.message_ttl_seconds == 86_400
    assert settings.unsure_hours == 24
    assert settings.unsure_hold_seconds == 60
    assert settings.in_flight == 64
    assert settings.request_limit_seconds == 30
    assert not settings.allow_private_webhooks
    assert not settings.strict_templates
    assert settings.shares_port


def test_later_places_win(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "parlance.toml").write_text('port = 1\nin_flight = 2\nlog_level = "error"\n')
    monkeypatch.setenv("PARLANCE_PORT", "3")
    monkeypatch.setenv("PARLANCE_IN_FLIGHT", "4")
    settings = load(port=5, host=None)
    assert (settings.port, settings.in_flight, settings.log_level, settings.host) == (5, 4, "error", "127.0.0.1")


def test_empty_environment_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLANCE_PORT", "")
    assert load().port == 8900


def test_file_in_the_data_folder_is_read_when_the_working_folder_has_none(alone: Path) -> None:
    data = alone / "elsewhere"
    data.mkdir()
    (data / "parlance.toml").write_text("port = 7\n")
    assert load(data=data).port == 7
    (alone / "parlance.toml").write_text("port = 8\n")
    assert load(data=data).port == 8


def test_file_in_the_data_folder_cannot_move_the_data_folder(alone: Path) -> None:
    (alone / "data").mkdir()
    (alone / "data" / "parlance.toml").write_text('data = "other"\n')
    assert faults() == (
        "data cannot be set in data/parlance.toml: the folder must be known to find the file; take it out",
    )


def test_unknown_name_in_the_file_is_named(alone: Path) -> None:
    (alone / "parlance.toml").write_text("prot = 1\n")
    assert faults() == ("prot in parlance.toml is no setting; take it out or correct its name",)


def test_broken_file_is_said(alone: Path) -> None:
    (alone / "parlance.toml").write_text("port = \n")
    assert faults()[0].startswith("parlance.toml cannot be read: ")


def test_all_faults_at_once_with_place_value_and_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLANCE_PORT", "tcp://10.0.0.1")
    monkeypatch.setenv("PARLANCE_ADMIN_TOKEN", "hush")
    monkeypatch.setenv("PARLANCE_ALLOW_PRIVATE_WEBHOOKS", "true")
    found = faults(host="wa.me", database="postgresql://u:p@db/x")
    assert found == (
        "PARLANCE_PORT is 'tcp://10.0.0.1': give a whole number from 0 to 65535",
        "public_url is not set: the gateway listens on wa.me; give the https:// address it is reached under",
        "secret_key is not set: nodes that share a database share it too; give the output of: openssl rand -hex 32",
        "PARLANCE_ADMIN_TOKEN is (hidden): give at least 16 characters, or leave the setting out to have one made",
        PRIVATE,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65_536),
        ("port", -1),
        ("host", ""),
        ("in_flight", 0),
        ("unsure_hours", 0),
        ("message_ttl_seconds", "soon"),
        ("request_limit_seconds", 301),
        ("log_level", "loud"),
        ("log_json", "perhaps"),
        ("public_url", "gateway.example.com"),
        ("public_url", "https://gateway.example.com/?a=b"),
        ("public_url", "http://gateway.example.com"),
        ("admin_listen", "8901"),
        ("admin_listen", "127.0.0.1:70000"),
        ("database", "mysql://x"),
        ("secret_key", "x" * 31),
        ("admin_token", "fifteen letters"),
        ("admin_token", "sixteen letters and blanks"),
        ("trusted_proxies", "10.0.0.0/8, proxy.example.com"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("trusted_proxies", "*"),
        ("tls_proxy", "perhaps"),
        ("header_seconds", 0),
        ("body_seconds", 4_000),
        ("answer_seconds", "soon"),
        ("keep_alive_seconds", 0),
        ("header_bytes", 100),
        ("max_connections", 1),
        ("failed_logins", -1),
        ("stall_minutes", -1),
        ("oldest_minutes", 0.5),
    ],
)
def test_unusable_value_is_refused_by_name(name: str, value: object) -> None:
    (fault,) = faults(**{name: value})
    assert fault.startswith(f"--{name.replace('_', '-')} is ")
    assert ": " in fault


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://wa.example.com/", "https://wa.example.com"),
        ("http://10.1.2.3:8900", "http://10.1.2.3:8900"),
        ("http://parlance:8900", "http://parlance:8900"),
    ],
)
def test_public_address(given: str, kept: str) -> None:
    settings = load(host="0.0.0.0", public_url=given)
    assert settings.public_url == kept
    assert not settings.shares_port
    assert settings.admin_address == ("127.0.0.1", 8901)


def test_admin_address_of_version_6() -> None:
    assert load(admin_listen="[::1]:9000").admin_address == ("::1", 9000)


def test_data_folder_below_a_file_is_refused(alone: Path) -> None:
    (alone / "file").write_text("")
    (fault,) = faults(data=alone / "file" / "data")
    assert fault == f"--data is '{alone}/file/data': {alone}/file is a file; name a folder"


def test_dev_lets_webhooks_stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(DevSettings).allow_private_webhooks
    monkeypatch.setenv("PARLANCE_ALLOW_PRIVATE_WEBHOOKS", "false")
    assert not load(DevSettings).allow_private_webhooks


def test_dev_counts_no_failed_logins() -> None:
    assert load(DevSettings).failed_logins == 0
    assert load(ServeSettings).failed_logins == 20
    assert load(DevSettings, failed_logins=3).failed_logins == 3


def test_proxies_are_named_one_way() -> None:
    assert load(trusted_proxies=" 10.0.0.0/8 ,::1,,192.0.2.7 ").trusted_proxies == "10.0.0.0/8,::1,192.0.2.7"
    assert load().trusted_proxies == ""


# ---- what `serve` asks for besides


GOOD = "9f2c61d0a7b84e53"


def test_safe_settings_are_taken() -> None:
    settings = load(
        ServeSettings, host="0.0.0.0", public_url="https://wa.example.com", admin_token=GOOD, secret_key=GOOD * 2 + "x"
    )
    assert settings.admin_token.get_secret_value() == GOOD


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("a" * 40, "it is easily guessed"),
        ("abcabcabcabcabcabcabc", "it is easily guessed"),
        ("0123456789abcdef" * 2, "it is easily guessed"),
        ("change-me-please-now", "it reads like the placeholder of an example"),
        ("My-Password-12345", "it reads like the placeholder of an example"),
    ],
)
def test_a_weak_secret_is_refused(token: str, why: str) -> None:
    (fault,) = unsafe(admin_token=token)
    assert fault == f"--admin-token is (hidden): {why}; give the output of: openssl rand -hex 32"
    assert token not in fault


def test_clear_text_beyond_this_machine_must_be_meant() -> None:
    (fault,) = unsafe(host="0.0.0.0", public_url="http://10.1.2.3:8900")
    assert fault == (
        "tls_proxy is not set: clients would send their keys in clear to http://10.1.2.3:8900; put a proxy with TLS "
        "before it and give its https:// address, or set it to true where the network is all your own"
    )
    assert load(ServeSettings, host="0.0.0.0", public_url="http://10.1.2.3:8900", tls_proxy=True).tls_proxy


def test_the_admin_api_beyond_this_machine_must_be_meant() -> None:
    (fault,) = unsafe(admin_listen="0.0.0.0:8901")
    assert fault == (
        "tls_proxy is not set: the admin token would travel in clear to 0.0.0.0:8901; listen on 127.0.0.1, or set it "
        "to true where a proxy with TLS stands before it or the network is all your own"
    )
    assert load(ServeSettings, admin_listen="0.0.0.0:8901", tls_proxy=True).admin_listen
    assert load(ServeSettings, admin_listen="[::1]:8901").admin_listen


@pytest.mark.parametrize(("name", "value"), [("roles", "api,console"), ("workers", 2)])
def test_work_is_divided_over_a_shared_database_alone(name: str, value: object) -> None:
    (fault,) = unsafe(**{name: value})
    assert fault.startswith(f"--{name} is '{value}': ")
    assert "PostgreSQL" in fault
    shared = {"database": "postgresql://db/x", "secret_key": GOOD * 2 + "x", "admin_token": GOOD}
    assert getattr(load(ServeSettings, **{name: value}, **shared), name) == value


def test_a_folder_that_everybody_may_change_is_refused(alone: Path) -> None:
    data = alone / "data"
    data.mkdir()
    data.chmod(0o777)
    (fault,) = unsafe(data=data)
    assert fault == (
        f"--data is '{data}': every user of this machine may change what is in {data}; run: chmod o-w {data}"
    )
    data.chmod(0o755)
    assert load(ServeSettings, data=data).data == data


def test_secrets_that_others_may_read_are_refused(alone: Path) -> None:
    data = alone / "data"
    data.mkdir()
    for name in ("secret.key", "admin-token", "parlance.db"):
        (data / name).write_text("x")
        (data / name).chmod(0o600)
    data.chmod(0o755)
    assert load(ServeSettings, data=data).data == data
    (data / "secret.key").chmod(0o644)
    (fault,) = unsafe(data=data)
    assert fault.endswith(f"other users of this machine may read secrets in it; run: chmod 600 {data}/secret.key")
    data.chmod(0o700)
    assert load(ServeSettings, data=data).data == data


def test_unsafe_settings_are_told_all_at_once(alone: Path) -> None:
    (alone / "parlance.toml").write_text("prot = 1\nmax_connections = 1\n")
    data = alone / "data"
    data.mkdir()
    data.chmod(0o777)
    found = unsafe(
        data=data,
        host="0.0.0.0",
        public_url="http://parlance:8900",
        admin_listen="0.0.0.0:1",
        secret_key="x" * 32,
        admin_token="short",
        trusted_proxies="everyone",
        allow_private_webhooks=True,
    )
    names = [each.partition(" ")[0] for each in found]
    assert sorted(names) == sorted(
        [
            "--data",
            "--secret-key",
            "--admin-token",
            "--allow-private-webhooks",
            "--trusted-proxies",
            "tls_proxy",
            "max_connections",
            "prot",
        ]
    )


def test_every_setting_has_its_repair() -> None:
    texts = {name for name, field in Settings.model_fields.items() if field.annotation is str}
    secret = {"secret_key", "admin_token"}
    assert set(Settings.model_fields) - texts - secret - {"data"} <= set(checks.REPAIRS)


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize(
    ("host", "near"), [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False), ("wa.me", False)]
)
def test_loopback(host: str, near: bool) -> None:
    assert is_loopback(host) is near


PG = "postgresql://parlance@db/parlance"
STRONG = {"PARLANCE_SECRET_KEY": "7c1e4f0b9a2d63587c1e4f0b9a2d6358", "PARLANCE_ADMIN_TOKEN": "b4d0a1c9e8f72635b4d0a1c9"}


def test_what_nodes_share_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsFault) as caught:
        load(database=PG, workers=2)
    assert len(caught.value.faults) == 2
    assert all("openssl rand -hex 32" in fault for fault in caught.value.faults)
    for name, value in STRONG.items():
        monkeypatch.setenv(name, value)
    settings = load(database=PG, workers=2, roles="dispatch, api")
    assert (settings.postgres_url, settings.workers, settings.roles) == (PG, 2, "api,dispatch")


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ({"workers": 2}, "one process owns a SQLite file"),
        ({"roles": "api"}, "only nodes that share a PostgreSQL database"),
        ({"roles": "api,nonsense"}, "there is no role nonsense"),
        ({"database": "mysql://x"}, "give sqlite or postgresql://"),
    ],
)
def test_one_process_owns_a_file(flags: dict[str, object], word: str) -> None:
    with pytest.raises(SettingsFault) as caught:
        load(**flags)
    assert word in caught.value.faults[0]
