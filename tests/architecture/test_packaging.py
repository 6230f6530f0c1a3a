"""What is installed elsewhere is whole, and what runs it elsewhere is sound."""

import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from architecture.project import ROOT

DOCKER = ROOT / "ops" / "docker"
COMPOSE = sorted(DOCKER.glob("compose*.yml"))


def _shipped() -> set[str]:
    """Every file of the package, as it stands in the tree."""
    source = ROOT / "src"
    files = (each for each in (source / "parlance").rglob("*") if each.is_file())
    return {str(each.relative_to(source)) for each in files if "__pycache__" not in each.parts}


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        inside = {name for name in wheel.namelist() if not name.startswith("parlance-")}
        entry = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        assert "parlance = parlance.cli:main" in wheel.read(entry).decode()
    assert inside == _shipped()


def test_the_sdist_can_be_tested_and_built_again(tmp_path: Path) -> None:
    (built,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(built) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {"pyproject.toml", "Makefile", "requirements/run.txt", "tests/conftest.py", "LICENSE", "README.md"}
    assert wanted <= inside
    assert {f"src/{name}" for name in _shipped()} <= inside


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_files_name_only_what_is_there(file: Path) -> None:
    described = yaml.safe_load(file.read_text())
    for service in described["services"].values():
        for mount in service.get("volumes", []):
            place = mount.partition(":")[0]
            if place.startswith("."):
                assert (DOCKER / place).exists(), place
            else:
                assert place in described["volumes"]
        if "build" in service:
            assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]


def test_no_file_for_operation_ships_a_secret() -> None:
    for file in [*COMPOSE, DOCKER / "Dockerfile", *(ROOT / "ops").rglob("*.service")]:
        for line in file.read_text().splitlines():
            if line.lstrip().startswith("#"):
                continue
            found = re.match(r"(?i)\s*-?\s*\w*(?:password|secret_key|admin_token)\w*\s*[:=]\s*(.+)", line)
            assert found is None or found[1].startswith("${"), line


def test_the_image_runs_as_nobody_special_and_is_looked_after() -> None:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    user = next(line.split()[1] for line in reversed(lines) if line.startswith("USER "))
    assert user not in {"root", "0"}
    assert any(line.startswith("HEALTHCHECK ") and '"parlance", "ready"' in line for line in lines)
    assert all("@sha256" in line or ":" in line.split()[1] for line in lines if line.startswith("FROM "))
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*", "only what is named goes into the image"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = (ROOT / "ops" / "systemd" / "parlance.service").read_text()
    program = shutil.which("true")
    assert program is not None
    # The unit itself is looked at, not whether the program is installed here.
    here = tmp_path / "parlance.service"
    here.write_text(re.sub(r"(ExecStart(?:Post)?)=\S+", rf"\1={program}", unit))
    looked = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    complaints = [line for line in looked.stderr.splitlines() if "parlance.service" in line]
    assert complaints == []
