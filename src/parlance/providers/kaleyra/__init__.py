"""Kaleyra's WhatsApp API v2; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.kaleyra.carrier import KaleyraCarrier
from parlance.providers.kaleyra.dialect import KaleyraDialect

PROVIDER = Provider("kaleyra", "Kaleyra", KaleyraDialect(), KaleyraCarrier())
