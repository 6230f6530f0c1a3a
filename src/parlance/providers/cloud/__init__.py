"""WhatsApp's own Cloud API as Meta serves it; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.cloud.carrier import CloudCarrier
from parlance.providers.cloud.dialect import CloudDialect

PROVIDER = Provider("cloud", "Meta Cloud API", CloudDialect(), CloudCarrier())
