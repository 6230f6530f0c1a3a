"""What `parlance dev` prints once it is up."""

from typing import TYPE_CHECKING, Any

import typer

from parlance import __version__, demo
from parlance.cli import show
from parlance.folder import DEMO_FILE
from parlance.model.wire import WireRequest

if TYPE_CHECKING:
    from parlance.app import Gateway


def facts(gateway: "Gateway", url: str, admin_url: str, made: demo.Demo) -> dict[str, Any]:
    """Everything worth knowing, as JSON-ready values. The two addresses are those of clients and of operators."""
    phone = f"/sandbox/v1/phones/{demo.CUSTOMER}/messages"
    bearer = {"authorization": f"Bearer {gateway.admin_token}"}
    examples = {
        dialect: gateway.engine.dialects[dialect].example(shown, demo.CUSTOMER)
        for dialect, shown in made.credentials.items()
        if dialect in gateway.engine.dialects
    }
    return {
        "version": __version__,
        "url": url,
        "phone_url": f"{admin_url}{phone}",
        "console_url": f"{admin_url}{gateway.console.invite()}" if gateway.console else "",
        "admin_url": f"{admin_url}/admin/v1",
        "admin_token": gateway.admin_token,
        "data": str(gateway.folder.path),
        "account": demo.ACCOUNT,
        "sender": demo.SENDER,
        "customer": demo.CUSTOMER,
        "template": {"name": demo.TEMPLATE, "language": demo.LANGUAGE},
        "webhook_secret": made.webhook_secret,
        "credentials": {dialect: dict(shown) for dialect, shown in made.credentials.items()},
        "titles": dict(gateway.titles),
        "curl": {dialect: [show.curl(url, each) for each in requests] for dialect, requests in examples.items()},
        "phone_curl": show.curl(admin_url, WireRequest("GET", phone, bearer)),
        "changed": list(made.changed),
    }


def print_facts(given: dict[str, Any]) -> None:
    """Print the facts for a person."""
    show.heading(f"Parlance {given['version']} is up")
    show.line()
    show.facts(
        {
            "Gateway": given["url"],
            **({"Console": f"{given['console_url']} (logs in once)"} if given["console_url"] else {}),
            "Phone API": given["phone_url"],
            "Admin API": given["admin_url"],
            "Admin token": given["admin_token"],
            "Data": f"{given['data']} (every key and token: {given['data']}/{DEMO_FILE})",
        },
        indent="  ",
    )
    show.line()
    template = given["template"]
    show.facts(
        {
            "Sender": f"{given['sender']}, account {given['account']}, carried by the sandbox",
            "Customer": f"{given['customer']}, wrote to the sender, which opens the window for 24 hours",
            "Template": f"{template['name']} ({template['language']}), approved",
        },
        indent="  ",
    )
    for dialect, commands in given["curl"].items():
        show.line()
        show.heading(given["titles"].get(dialect, dialect))
        for command in commands:
            show.line(command)
    for dialect in given["changed"]:
        show.line()
        show.heading(given["titles"].get(dialect, dialect))
        show.line(
            f"Its keys were changed: parlance sender rotate {given['sender']} --dialect {dialect} makes new ones."
        )
    show.line()
    show.heading("What the customer's phone shows")
    show.line(given["phone_curl"])
    show.line()
    typer.secho("Press Ctrl+C to stop.", dim=True)
