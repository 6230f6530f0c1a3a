"""The docs' pages of dialects and carriers, made of what the providers declare and of their own pages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import parlance.providers
from parlance.contract.provider import Capabilities, Carrier, Dialect, Limits, Provider, RetryPlan, Setting
from parlance.contract.vendor import Checks, Fetches, ListsTemplates, SetsCallback
from parlance.model.event import EventKind
from parlance.model.fault import Fault, Refusal
from parlance.model.message import Stage
from parlance.model.sender import Account, Route, Sender, Subscription
from parlance.providers import discover

OURS = "sandbox"
MADE = "<!-- Made by tools/pages.py; the provider's folder is the place for changes. -->"

_FOLDER = Path(parlance.providers.__file__).parent
_ROUTE = Route(1, 1, "", "15550100200")
_REFUSALS = (
    Refusal(Fault.UNKNOWN_SENDER),
    Refusal(Fault.BAD_CREDENTIAL),
    Refusal(Fault.FORBIDDEN),
    Refusal(Fault.WINDOW_CLOSED, "to"),
    Refusal(Fault.WINDOW_NEVER_OPENED, "to"),
    Refusal(Fault.UNKNOWN_QUOTE, "quote"),
    Refusal(Fault.RECIPIENT_IS_SENDER, "to"),
    Refusal(Fault.NOT_SAYABLE, "text", "The carrier x cannot send: text.", carrier="x"),
    Refusal(Fault.DUPLICATE, "key"),
    Refusal(Fault.LOW_BALANCE),
    Refusal(Fault.RATE_LIMITED),
    Refusal(Fault.UNAVAILABLE),
)
"""What the engine may refuse a text for, whichever API it came by; what is wrong with its form, the dialect says."""

_TOLD = (Stage.SENT, Stage.DELIVERED, Stage.READ, Stage.FAILED)
_NOON = 1_788_000_000_000
_CARD = {
    "formatted": "the whole name",
    "first": "first name",
    "middle": "middle name",
    "last": "last name",
    "prefix": "prefix",
    "suffix": "suffix",
    "phones": "numbers",
    "emails": "e-mails",
    "addresses": "addresses",
    "organisation": "organisation",
    "urls": "web addresses",
    "birthday": "birthday",
}
_STEPS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def dialect_pages() -> Iterator[tuple[str, str]]:
    """Name and text of each dialect's page."""
    for name, provider in discover().items():
        if provider.dialect is not None:
            yield name, "".join(_dialect_page(provider, provider.dialect))


def carrier_pages() -> Iterator[tuple[str, str]]:
    """Name and text of each carrier's page."""
    for name, provider in discover().items():
        if provider.carrier is not None:
            yield name, "".join(_carrier_page(provider, provider.carrier))


def comparison() -> str:
    """All carriers side by side."""
    carriers = {name: each for name, each in discover().items() if each.carrier is not None}
    head = [f"[{each.title}](carriers/{name}.md)" for name, each in carriers.items()]
    columns = [dict(_abilities(each.carrier)) for each in carriers.values() if each.carrier is not None]
    rows = [[what, *(column[what] for column in columns)] for what in columns[0]]
    return table(["", *head], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


# ---- dialects


def _dialect_page(provider: Provider, dialect: Dialect) -> Iterator[str]:
    yield f"# {provider.title} as it is served\n\n{MADE}\n\n"
    yield (
        "A program written for this API talks to Parlance after a change of its host name. This page tells what is as\n"
        "it is at the vendor and what differs: first the provider's own page,\n"
        f"[PROVIDER.md](../../src/parlance/providers/{provider.name}/PROVIDER.md), then the tables of the code.\n\n"
    )
    yield _included(provider.name, "")
    for title, section in _sections(provider.name, of_carrier=False):
        yield f"\n## {title}\n\n{section}"
    yield f"\n## Calls\n\n{_calls(dialect)}\n"
    yield f"A body may have {dialect.max_body:,} bytes. A running gateway shows each call's requests and answers at "
    yield f"`/docs`.\n\n## How the engine's refusals of a text are told\n\n{_refusals(dialect)}\n"
    yield f"## How webhooks are repeated\n\n{_repeats(dialect)}"


def _calls(dialect: Dialect) -> str:
    described = any(each.about for each in dialect.endpoints)
    limited = any(each.rate for each in dialect.endpoints)
    head = ["call", *(["what it does"] if described else []), *(["most in a second"] if limited else [])]
    rows = []
    for each in dialect.endpoints:
        about = [each.about] if described else []
        rate = [f"{each.rate:g}" if each.rate else ""] if limited else []
        rows.append([f"`{each.method} {each.path}`", *about, *rate])
    return table(head, rows)


def _refusals(dialect: Dialect) -> str:
    route = replace(_ROUTE, carrier=OURS)
    sender = Sender(1, 1, "demo", route.number, "Demo", 1, 0, (route,))
    issued = dialect.issue(Account(1, "demo", 1, 0), sender, bytes(range(64)), {})
    request = replace(dialect.example(issued.shown, "15550100300")[0], received_at=_NOON, request_id="0" * 16)
    policy = dialect.policy({})
    rows = []
    for refusal in _REFUSALS:
        answer = dialect.refuse(refusal, request)
        said = f"{answer.status} `{' '.join(answer.body.decode().split())}`"
        if refusal.fault in policy.late:
            said = "accepted, and reported as failed afterwards"
        elif refusal.fault is Fault.RECIPIENT_IS_SENDER and not policy.refuses_self:
            said = "accepted, and left to the carrier"
        rows.append([refusal.fault.message, said])
    return table(["", "answer"], rows)


def _repeats(dialect: Dialect) -> str:
    to = Subscription(1, 1, "", "https://hooks.example.org/in", frozenset(EventKind))
    plan = dialect.plan(to)
    fails = "Each waits for the one before. " if plan.in_order else ""
    return (
        f"A try may take {_span(plan.limit)} and succeeds with {_statuses(plan.success)}. {fails}"
        f"{_pauses(plan)} After that it is a dead letter.\n"
    )


def _pauses(plan: RetryPlan) -> str:
    if not plan.delays:
        return "There is one try."
    if len(set(plan.delays)) == 1:
        every, count = plan.delays[0], len(plan.delays)
        return f"It is repeated every {_span(every)}, {count:,} times in all."
    return (
        f"It is repeated {_listed([_span(each) if each else 'at once' for each in plan.delays])} after the try before."
    )


def _statuses(success: frozenset[int]) -> str:
    return "any 2xx" if success >= set(range(200, 300)) else _listed([str(each) for each in sorted(success)], "or")


# ---- carriers


def _carrier_page(provider: Provider, carrier: Carrier) -> Iterator[str]:
    yield f"# {provider.title} as a carrier\n\n{MADE}\n\n"
    yield (
        "Messages of any program may leave through this carrier. This page shows the tables of the code, and then the\n"
        f"provider's own page, [PROVIDER.md](../../src/parlance/providers/{provider.name}/PROVIDER.md). "
        "[Carriers](../carriers.md) sets all of them\nside by side and says what holds for each.\n\n"
    )
    yield _included(provider.name, "")
    yield f"\n## Settings\n\n{_settings(carrier.settings)}\n"
    yield f"## At a glance\n\n{table(['', ''], list(_abilities(carrier)))}"
    for title, section in _sections(provider.name, of_carrier=True):
        yield f"\n## {title}\n\n{section}"


def _settings(settings: Sequence[Setting]) -> str:
    rows = [
        [
            f"`{each.name}`",
            f"{_one_of(each)}{each.about}",
            "yes" if each.required else "",
            f"`{each.default}`" if each.default else "",
            "yes" if each.secret else "",
        ]
        for each in settings
    ]
    return table(["setting", "meaning", "needed", "default", "encrypted, masked"], rows)


def _one_of(setting: Setting) -> str:
    named = [f"`{each}`" for each in setting.choices if each]
    return f"{_listed(named, 'or')}. " if named else ""


def _abilities(carrier: Carrier) -> Iterator[tuple[str, str]]:
    able = carrier.capabilities
    yield "text", f"up to {able.text_limit:,} characters" if able.text_limit else "no"
    yield "contact cards at a time", _cards(able)
    yield "of a card arrive", _card_fields(able.card_fields)
    yield "numbers of a card", f"at most {able.card_phones}" if able.card_phones else "any"
    yield "templates", _word(able.templates)
    yield "replies", _word(able.quotes)
    yield "reactions", _word(able.reactions)
    yield "read receipts to the customer", _word(able.read)
    yield "groups", _word(able.groups)
    yield "its callbacks tell", _listed([stage.value for stage in _TOLD if stage in able.receipts])
    yield "pace unless set otherwise", _pace(carrier.limits(_ROUTE))
    yield "the same message sent twice", "arrives once" if able.idempotent_send else "arrives twice"
    yield "can be asked what became of a message", _word(able.look_up)
    yield "can be asked who is on WhatsApp", _word(able.find)
    yield "`template sync`", _word(isinstance(carrier, ListsTemplates))
    yield "callback address is set by", "Parlance" if isinstance(carrier, SetsCallback) else _by_hand(carrier)
    yield "callbacks may be fetched instead", _word(isinstance(carrier, Fetches))
    yield "the route can be checked", _word(isinstance(carrier, Checks))


def _by_hand(carrier: Carrier) -> str:
    return "nobody: none is needed" if carrier.capabilities.knows_windows else "you, at the vendor"


def _cards(able: Capabilities) -> str:
    return "no" if not able.cards else "1; several leave one after another" if able.cards == 1 else str(able.cards)


def _card_fields(fields: frozenset[str]) -> str:
    if fields >= _CARD.keys():
        return "everything"
    named = []
    for field, words in _CARD.items():
        parts = [name for name in sorted(fields) if re.split(r"[.\[]", name)[0] == field]
        if field in parts:
            named.append(words)
        elif parts:
            first = "first of the " if any("[0]" in part for part in parts) else ""
            inner = ", ".join(part.rpartition(".")[2] for part in parts)
            named.append(f"{first}{words}" if first and len(parts) == 1 else f"{first}{words} ({inner})")
    return ", ".join(named)


def _pace(limits: Limits) -> str:
    said = []
    if limits.per_second:
        said.append(f"{limits.per_second:g} a second")
    if limits.gap:
        said.append(f"{_span(limits.gap)} between two messages")
    if limits.pair:
        said.append(f"to one customer one in {_span(limits.pair.interval)}, {limits.pair.burst} lent")
    return "; ".join(said) or "as fast as the vendor answers"


def _word(able: bool) -> str:  # noqa: FBT001  the ability itself
    return "yes" if able else "no"


# ---- the providers' own pages


def _sections(provider: str, *, of_carrier: bool) -> Iterator[tuple[str, str]]:
    """Titles of the sections of a provider's page that are about one side of it, and what shows them."""
    headings = re.findall(r"(?m)^(#{2,3}) (.+)$", (_FOLDER / provider / "PROVIDER.md").read_text(encoding="utf-8"))
    whole = False
    for marks, title in headings:
        if marks == "##":
            whole = title == "As a carrier"
            about = "carrier" in title.lower()
            if about is of_carrier and not whole:
                yield _own_title(title), _included(provider, f"{marks} {title}")
        elif whole and of_carrier:
            yield _own_title(title), _included(provider, f"{marks} {title}")


def _own_title(title: str) -> str:
    """A section's title without the side that its page is about anyway."""
    bare = re.sub(r"^As a carrier: |, for the carrier$| through the carrier(?=,|$)| the (carrier|dialect)$", "", title)
    return f"{bare[0].upper()}{bare[1:]}"


def _included(provider: str, heading: str) -> str:
    """What shows a section of a provider's page, or (no heading) what stands before the first."""
    text = (_FOLDER / provider / "PROVIDER.md").read_text(encoding="utf-8")
    start = heading or text.partition("\n")[0]
    begin = text.index(f"\n{start}\n" if heading else start) + bool(heading)
    if text.find(start) != begin:
        raise LookupError(f"{provider}: another place before it reads like its heading: {start}")
    end = re.compile(rf"(?m)^#{{2,{max(2, heading.count('#'))}}} .+$").search(text, begin + len(start))
    if end is not None and text.index(end[0], begin + len(start)) != end.start():
        raise LookupError(f"{provider}: another place before it reads like its heading: {end[0]}")
    lines = [f"```{{include}} ../../src/parlance/providers/{provider}/PROVIDER.md", f':start-after: "{start}"']
    if end is not None:
        # The first place after the start that reads like this ends it.
        lines.append(f':end-before: "{end[0]}"')
    return "\n".join([*lines, "```\n"])


# ---- words


def _span(millis: int) -> str:
    """A length of time in the largest unit that holds it without a rest."""
    for size, unit in _STEPS:
        if millis >= size and millis % size == 0:
            return f"{millis // size} {unit}"
    return f"{millis} ms"


def _listed(items: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else "nothing"
