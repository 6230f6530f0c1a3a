"""`/admin/v1`: the operators' API. Who calls it has shown the admin token."""

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Route

from parlance.web.admin_accounts import Accounts
from parlance.web.admin_equipment import Equipment
from parlance.web.admin_events import Events
from parlance.web.admin_messages import Messages
from parlance.web.admin_senders import Senders
from parlance.web.admin_subscriptions import Subscriptions

if TYPE_CHECKING:
    from parlance.engine.house import Engine


def routes(engine: "Engine", public_url: str, stopping: asyncio.Event) -> list[Route]:
    """Every call of the admin API.

    `public_url` is where vendors reach the gateway. Event streams end when `stopping` is set. The application around
    them installs `web.problems.HANDLERS`.
    """
    return [
        *Accounts(engine).routes(),
        *Equipment(engine, public_url).routes(),
        *Senders(engine, public_url).routes(),
        *Messages(engine).routes(),
        *Subscriptions(engine).routes(),
        *Events(engine, stopping).routes(),
    ]
