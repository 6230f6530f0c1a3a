"""What stands in the data folder beside the database."""

import os
import stat
from pathlib import Path

import pytest

from parlance.folder import DataFolder, FolderFault, Running


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "a" / "data")
    made.prepare()
    return made


def test_folder_is_for_its_owner_alone(folder: DataFolder) -> None:
    assert mode(folder.path) == 0o700


def test_secrets_are_made_once_and_kept(folder: DataFolder) -> None:
    token, key = folder.admin_token(""), folder.secret_key("", used=False)
    assert len(token) == len(key) == 64
    assert token != key
    assert (folder.admin_token(""), folder.secret_key("", used=True)) == (token, key)
    assert folder.known_admin_token() == token
    assert mode(folder.path / "admin-token") == mode(folder.path / "secret.key") == 0o600
    assert sorted(each.name for each in folder.path.iterdir()) == ["admin-token", "secret.key"]


def test_given_secrets_are_not_written(folder: DataFolder) -> None:
    assert folder.admin_token("given by setting") == "given by setting"
    assert list(folder.path.iterdir()) == []
    assert folder.known_admin_token() == ""


def test_empty_secret_is_said(folder: DataFolder) -> None:
    (folder.path / "secret.key").touch()
    with pytest.raises(FolderFault, match=r"secret\.key is empty"):
        folder.secret_key("", used=False)


def test_lost_key_is_not_replaced(folder: DataFolder) -> None:
    with pytest.raises(FolderFault, match=r"secret\.key is missing"):
        folder.secret_key("", used=True)
    assert list(folder.path.iterdir()) == []
    assert folder.secret_key("given by setting", used=True) == "given by setting"


def test_running_gateway_announces_itself(folder: DataFolder) -> None:
    assert folder.running() is None
    folder.announce("http://127.0.0.1:1")
    assert folder.running() == Running("http://127.0.0.1:1", os.getpid())
    folder.withdraw()
    folder.withdraw()
    assert folder.running() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1, "pid": 2}'])
def test_unreadable_announcement_counts_as_none(folder: DataFolder, text: str) -> None:
    (folder.path / "gateway.json").write_text(text)
    assert folder.running() is None


def test_demo_is_kept_for_its_owner_alone(folder: DataFolder) -> None:
    assert folder.demo() == {}
    folder.keep_demo({"id": "1"})
    assert folder.demo() == {"id": "1"}
    assert mode(folder.path / "demo.json") == 0o600


def test_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderFault, match="cannot be made"):
        DataFolder(tmp_path / "file" / "data").prepare()
