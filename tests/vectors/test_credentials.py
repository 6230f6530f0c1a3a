"""Credentials that dialects issue, and the ready requests made of them."""

import pytest

from parlance.contract.provider import Dialect
from parlance.model.command import SendMessage
from parlance.model.fault import Fault, Refusal
from parlance.model.sender import Account, Route, Sender
from parlance.providers import discover
from vectors.play import find

DIALECTS = [pytest.param(each.dialect, id=name) for name, each in discover().items() if each.dialect]
ACCOUNT = Account(1, "demo", 1, 0)
SENDER = Sender(1, 1, "demo", "972770000111", "Demo", 1, 0, (Route(1, 1, "sandbox", "972770000111"),))
CUSTOMER = "972550000222"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_other_entropy_gives_another_secret(dialect: Dialect) -> None:
    one, again, other = (dialect.issue(ACCOUNT, SENDER, bytes([seed]) * 64, {}) for seed in (1, 1, 2))
    assert one == again
    assert one.secret != other.secret
    assert one.public == other.public
    assert len(one.secret) >= 30
    assert one.secret.isprintable()
    assert one.secret in {str(value) for value in one.shown.values()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_secret_that_programs_use_already_is_taken_over(dialect: Dialect) -> None:
    first = dialect.issue(ACCOUNT, SENDER, bytes([7]) * 64, {})
    field = next(name for name, value in first.shown.items() if value == first.secret)
    taken = dialect.issue(ACCOUNT, SENDER, bytes([9]) * 64, {field: first.secret})
    assert taken.secret == first.secret
    assert taken.shown[field] == first.secret


@pytest.mark.parametrize("dialect", DIALECTS)
def test_values_that_cannot_be_taken_over_are_refused(dialect: Dialect) -> None:
    shown = dialect.issue(ACCOUNT, SENDER, bytes([7]) * 64, {}).shown
    secret = dialect.issue(ACCOUNT, SENDER, bytes([7]) * 64, {}).secret
    field = next(name for name, value in shown.items() if value == secret)
    for given in ({"no such field": "x"}, {field: ""}, {field: "a b"}, {field: "\n"}, {field: "x" * 10_000}):
        with pytest.raises(Refusal) as raised:
            dialect.issue(ACCOUNT, SENDER, bytes(64), given)
        assert raised.value.fault is Fault.BAD_VALUE


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_example_requests_are_read_with_these_credentials(dialect: Dialect) -> None:
    issued = dialect.issue(ACCOUNT, SENDER, bytes(range(64)), {})
    kinds = []
    for request in dialect.example(issued.shown, CUSTOMER):
        assert dialect.territory.match(request.path)
        found = find(dialect, request)
        assert found is not None
        endpoint, asked = found
        credential = dialect.credential(asked)
        command = endpoint.read(asked)
        assert credential.secret == issued.secret
        assert credential.public in {"", issued.public}
        assert isinstance(command, SendMessage)
        assert command.to.value == CUSTOMER
        kinds.append(command.content.kind)
    assert kinds[0] == "text"
    assert set(kinds) <= {"text", "contacts"}
