"""Write the two reference pages of the docs, settings and commands, from the program itself.

`python tools/reference.py` writes them; a test fails when they are not current.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from parlance.cli.commands import app
from parlance.settings import FILE, PREFIX, DevSettings, Settings

DOCS = Path(__file__).parent.parent / "docs"
_KINDS = {"int": "NUMBER", "float": "NUMBER", "str": "TEXT"}

_SETTINGS_HEAD = f"""# Settings

Every setting of `parlance serve` and `parlance dev` can be given in three places. The later one wins:

1. a key in `{FILE}`, looked for in the working folder first and in the data folder second;
2. an environment variable, `{PREFIX}` and the name in capitals;
3. a flag, for those settings that `parlance serve --help` lists.

Settings that cannot be used stop the gateway at the start, and all of them are named at once.

| setting | environment | default | what it does |
|---|---|---|---|
"""

_COMMANDS_HEAD = """# Commands

Every command explains itself with `--help`. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

Commands that change something go through the running gateway, which they find by `--data` (or `--url`). Where none
runs, they work on the data folder themselves.
"""


def settings_page() -> str:
    """The page of settings, in Markdown."""
    rows = [_row(name, field.default, field.description or "") for name, field in Settings.model_fields.items()]
    changed = [
        f"- `{name}` is `{_show(field.default)}`.\n"
        for name, field in DevSettings.model_fields.items()
        if field.default != Settings.model_fields[name].default
    ]
    return f"{_SETTINGS_HEAD}{''.join(rows)}\nUnder `parlance dev` these defaults differ:\n\n{''.join(changed)}"


def commands_page() -> str:
    """The page of commands, in Markdown."""
    return _COMMANDS_HEAD + "".join(_section(path, command) for path, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name, in the order of the program's own help."""
    yield from _walk("parlance", typer.main.get_command(app))


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in inner.items():
        if not each.hidden:
            yield from _walk(f"{path} {name}", each)


def _row(name: str, default: object, about: str) -> str:
    return f"| `{name}` | `{PREFIX}{name.upper()}` | {_code(_show(default))} | {_cell(about)} |\n"


def _show(default: object) -> str:
    if default is PydanticUndefined:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)


def _section(path: str, command: Any) -> str:
    about = "\n\n".join(_plain(each) for each in (command.help or "").split("\n\n"))
    lines = [f"\n## {path}\n\n{about}\n\n```\n{path} {_usage(command)}\n```\n"]
    rows = [_parameter(each) for each in command.params if each.name != "help" and not getattr(each, "hidden", False)]
    if rows:
        lines += ["\n| argument or option | default | what it does |\n|---|---|---|\n", *rows]
    return "".join(lines)


def _usage(command: Any) -> str:
    options = ["[OPTIONS]"] if any(each.param_type_name == "option" for each in command.params) else []
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    return " ".join(options + [_argument(each) for each in arguments])


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    return name if argument.required else f"[{name}]"


def _parameter(each: Any) -> str:
    if each.param_type_name == "argument":
        name = _argument(each)
    else:
        name = "/".join([*each.opts, *each.secondary_opts])
        if not each.is_flag:
            name += f" {each.metavar or _KINDS.get(each.bare_type(), 'VALUE')}"
    return f"| `{_cell(name)}` | {_code(_default(each))} | {_cell(_plain(getattr(each, 'help', '') or ''))} |\n"


def _default(each: Any) -> str:
    told = each.show_default
    if isinstance(told, str):
        return told
    return (
        "" if each.default is None or callable(each.default) or each.default in ((), "", False) else _show(each.default)
    )


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write both pages."""
    for name, text in (("settings.md", settings_page()), ("commands.md", commands_page())):
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
