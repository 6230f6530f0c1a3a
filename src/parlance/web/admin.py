"""`/admin/v1`: the operators' API. Who calls it has shown the admin token."""

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.routing import Route

from parlance.web.admin_accounts import Accounts
from parlance.web.admin_equipment import Equipment
from parlance.web.admin_events import Events
from parlance.web.admin_keys import OperatorKeys
from parlance.web.admin_ledger import LedgerCalls
from parlance.web.admin_messages import Messages
from parlance.web.admin_routes import Routes
from parlance.web.admin_senders import Senders
from parlance.web.admin_sending import Sending
from parlance.web.admin_subscriptions import Subscriptions

if TYPE_CHECKING:
    from parlance.engine.house import Engine


def routes(
    engine: "Engine", public_url: str, stopping: asyncio.Event, entropy: Callable[[int], bytes] = os.urandom
) -> list[Route]:
    """Every call of the admin API.

    `public_url` is where vendors reach the gateway. Event streams end when `stopping` is set. `entropy` gives random
    bytes. The application around
    them installs `web.problems.HANDLERS`.
    """
    return [
        *Accounts(engine).routes(),
        *Equipment(engine).routes(),
        *Routes(engine, public_url).routes(),
        *Senders(engine, public_url).routes(),
        *LedgerCalls(engine).routes(),
        *Messages(engine).routes(),
        *Sending(engine).routes(),
        *Subscriptions(engine).routes(),
        *Events(engine, stopping).routes(),
        *OperatorKeys(engine, entropy).routes(),
    ]
