"""99digital's WhatsApp API v2; see PROVIDER.md."""

from parlance.contract.provider import Provider
from parlance.providers.digital99.carrier import Digital99Carrier
from parlance.providers.digital99.dialect import Digital99Dialect

PROVIDER = Provider("digital99", "99digital", Digital99Dialect(), Digital99Carrier())
