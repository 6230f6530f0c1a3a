"""The tutorial's commands, run one after the other as somebody who follows it would."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from cli.processes import Dev, dev, environment
from docs.markdown import Block, blocks, pattern
from parlance.providers import discover

PAGE = blocks("docs/tutorial.md")
_ASSIGNED = re.compile(r"(?m)^[A-Z]+=.*$")
_CALLED = re.compile(r"http://127\.0\.0\.1:8900(/\S+)")


def _key(gateway: Dev, path: str) -> str:
    """The key of the API that a path belongs to."""
    for name, provider in discover().items():
        if provider.dialect is not None and provider.dialect.territory.match(path):
            return str(gateway.facts["credentials"][name]["apiKey"])
    raise AssertionError(f"no API has {path}")


def _last_id(gateway: Dev) -> str:
    """The id that a reader finds at the end of the phone's list."""
    headers = {"authorization": f"Bearer {gateway.facts['admin_token']}"}
    shown: list[dict[str, Any]] = httpx.get(gateway.facts["phone_url"], headers=headers).json()
    return str(shown[-1]["id"])


def _run(script: str, folder: Path) -> str:
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name, run in (("curl", Path(__file__).parent / "curl.py"), ("parlance", "-m parlance")):
        (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} {run} "$@"\n')
        (tools / name).chmod(0o700)
    env = environment(PATH=f"{tools}:{os.environ['PATH']}")
    done = subprocess.run(
        ["sh", "-euc", script], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    return done.stdout


def _follow(gateway: Dev, folder: Path) -> list[tuple[Block, str]]:
    """Every block that is run, with what it printed."""
    known: list[str] = []
    printed: list[tuple[Block, str]] = []
    for block in PAGE:
        if block.language != "sh" or block.text.startswith("make "):
            printed.append((block, ""))
            continue
        text = block.text.replace("'the id'", _last_id(gateway))
        if "'the apiKey'" in text and (called := _CALLED.search(text)):
            text = text.replace("'the apiKey'", _key(gateway, called[1]))
        text = text.replace("http://127.0.0.1:8900", gateway.facts["url"]).replace(".venv/bin/", "")
        printed.append((block, _run("\n".join([*known, text]), folder)))
        known += _ASSIGNED.findall(text)
    return printed


def test_the_tutorial_can_be_followed_and_shows_what_comes(tmp_path: Path) -> None:
    with dev(tmp_path / "data") as gateway:
        printed = _follow(gateway, tmp_path)
    answers = ""
    compared = 0
    for block, output in printed:
        if block.language == "json":
            assert pattern(block.text).search(answers), f"{block.text}\nwas shown, and this came:\n{answers}"
            compared += 1
        answers = output or answers
    assert compared == 3
    last = printed[-1][1]
    assert gateway.facts["sender"] in last
    assert "received" in last


def test_what_is_shown_is_compared() -> None:
    shown = '{"status":"OK","id":"…",\n "reason":1}'
    assert pattern(shown).search(json.dumps({"status": "OK", "id": "x", "reason": 1}, separators=(",", ":")))
    assert not pattern(shown).search('{"status":"OK","id":"x","reason":2}')
