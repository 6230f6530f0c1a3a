"""The tutorial's commands, run one after the other as somebody who follows it would."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from cli.processes import Dev, dev, environment
from docs.markdown import Block, blocks, pattern
from parlance.providers import discover

PAGE = blocks("docs/tutorial.md")
PATIENCE = 10.0
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


def _script(block: Block, gateway: Dev) -> str:
    """A block as it is run here: with the values that its reader fills in, at the port where this gateway is."""
    text = block.text.replace("'the id'", _last_id(gateway))
    if "'the apiKey'" in text and (called := _CALLED.search(text)):
        text = text.replace("'the apiKey'", _key(gateway, called[1]))
    return text.replace("http://127.0.0.1:8900", gateway.facts["url"]).replace(".venv/bin/", "")


def _compare(shown: Block, script: str, answer: str, folder: Path) -> None:
    """What a page shows has come; a question that changes nothing may be asked again until it has."""
    end = time.monotonic() + PATIENCE
    while not pattern(shown.text).search(answer):
        asks = not re.search(r" -[dX] |parlance send", script)
        assert asks and time.monotonic() < end, f"{shown.text}\nwas shown, and this came:\n{answer}"  # noqa: PT018
        answer = _run(script, folder)


def test_the_tutorial_can_be_followed_and_shows_what_comes(tmp_path: Path) -> None:
    known: list[str] = []
    script = answer = ""
    compared = 0
    with dev(tmp_path / "data") as gateway:
        for block in PAGE:
            if block.language == "text":
                _compare(block, script, answer, tmp_path)
                compared += 1
            elif not block.text.startswith("make "):
                text = _script(block, gateway)
                script = "\n".join([*known, text])
                answer = _run(script, tmp_path)
                known += _ASSIGNED.findall(text)
    assert compared == 3
    assert gateway.facts["sender"] in answer
    assert "received" in answer


def test_what_is_shown_is_compared() -> None:
    shown = '{"status":"OK","id":"…",\n "reason":1}'
    assert pattern(shown).search(json.dumps({"status": "OK", "id": "x", "reason": 1}, separators=(",", ":")))
    assert not pattern(shown).search('{"status":"OK","id":"x","reason":2}')
