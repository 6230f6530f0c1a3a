"""Whose address a request counts for: the proxy's word is taken where it is trusted, and nobody else's."""

from pathlib import Path

from parlance.model.fault import Fault, Refusal
from parlance.model.wire import WireRequest
from parlance.providers import discover
from safety.gateways import Watched, watched

KEYS = "/admin/v1/keys"


def knock(gateway: Watched, came_by: str) -> int:
    """Try to get in without a token, as somebody from there."""
    return gateway.http.get(KEYS, headers={"authorization": "", "x-forwarded-for": came_by}).status_code


def test_a_trusted_proxy_says_who_it_is(tmp_path: Path) -> None:
    with watched(tmp_path, failed_logins=3, trusted_proxies="127.0.0.1,10.0.0.0/8") as gateway:
        assert [knock(gateway, "192.0.2.1") for _ in range(4)] == [401, 401, 401, 429]
        assert knock(gateway, "192.0.2.2") == 401
        # What stands before the last proxy's own word was written by whoever liked to.
        assert knock(gateway, "198.51.100.7, 192.0.2.1") == 429
        assert knock(gateway, "198.51.100.8, 192.0.2.1, 10.1.2.3") == 429
        assert knock(gateway, "192.0.2.1, 192.0.2.3") == 401


def test_a_stranger_says_nothing_of_itself(tmp_path: Path) -> None:
    with watched(tmp_path, failed_logins=3) as gateway:
        assert [knock(gateway, f"192.0.2.{each}") for each in range(5)] == [401, 401, 401, 429, 429]


def test_every_dialect_says_that_too_many_logins_failed(tmp_path: Path) -> None:
    with watched(tmp_path, failed_logins=2, trusted_proxies="127.0.0.1") as gateway:
        for place, (name, provider) in enumerate(discover().items()):
            if provider.dialect is None:
                continue
            issued = gateway.facts["credentials"][name]
            wrong = {key: f"{value}0" if len(str(value)) > 20 else value for key, value in issued.items()}
            good, bad = (provider.dialect.example(each, gateway.customer)[0] for each in (issued, wrong))
            here = {"x-forwarded-for": f"192.0.2.{place}"}
            limited = provider.dialect.refuse(Refusal(Fault.RATE_LIMITED, retry_after=30), bad).status
            told = [ask(gateway, bad, here) for _ in range(3)]
            assert [waits for _, waits in told] == [False, False, True], name
            # The right key from a place that guessed is told no more than the wrong one.
            assert ask(gateway, good, here) == told[2] == (limited, True)
            gateway.write(gateway.customer)
            elsewhere = {"x-forwarded-for": "198.51.100.1"}
            sent = gateway.http.request(good.method, good.url, content=good.body, headers={**good.headers, **elsewhere})
            assert "parlance-message-id" in sent.headers, sent.text


def ask(gateway: Watched, request: WireRequest, more: dict[str, str]) -> tuple[int, bool]:
    """The status, and whether the answer says when to try again."""
    answer = gateway.http.request(
        request.method, request.url, content=request.body, headers={**request.headers, **more}
    )
    return answer.status_code, "retry-after" in answer.headers
