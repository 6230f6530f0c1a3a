"""Signatures as Meta makes them, checked against bodies signed elsewhere (spec/cloud-api.md §11.2)."""

import pytest

from parlance.providers.cloud import wire
from parlance.providers.cloud.hooks import signed

ENTRY = {"id": "900000000000001", "changes": []}
NOTED = {"object": "whatsapp_business_account", "entry": [ENTRY], "note": "café"}


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            b'{"object":"whatsapp_business_account","entry":[]}',
            "86f036fc98457bdedffc2e8d0a23e34989c5803841c8c09a36f94af44590f788",
        ),
        (
            '{"object":"whatsapp_business_account","entry":[{"id":"900000000000001","changes":[]}],"note":"café"}'.encode(),
            "c20ec8bc80256e3ab0fb65f95c3d8390b2670311729bfb756e22450ecab3b822",
        ),
        (wire.dump(NOTED), "bafa498c594bd91dc13ffa930e2151ec5d34d25c7a4caef646d725bb5d7fdf2f"),
    ],
)
def test_a_body_is_signed_over_its_bytes(body: bytes, signature: str) -> None:
    assert signed(body, "unit-test-app-secret") == {"x-hub-signature-256": f"sha256={signature}"}


def test_without_a_secret_nothing_is_signed() -> None:
    assert signed(b"{}", "") == {}
