"""LipaChat's WhatsApp gateway API v1; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.lipachat.carrier import LipaChatCarrier
from parlance.providers.lipachat.dialect import LipaChatDialect

PROVIDER = Provider("lipachat", "LipaChat", LipaChatDialect(), LipaChatCarrier())
