"""Settings come from four places, and their faults come as sentences, all at once."""

from pathlib import Path

import pytest

from parlance.settings import DevSettings, Settings, SettingsFault, is_loopback, load

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
        "--database is (hidden): this version keeps its data in SQLite only; leave the setting out",
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


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize(
    ("host", "near"), [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False), ("wa.me", False)]
)
def test_loopback(host: str, near: bool) -> None:
    assert is_loopback(host) is near
