"""The built-in network: a carrier like the others, whose vendor is `parlance.phones`."""

from parlance.contract.provider import Provider
from parlance.formats.sandbox import NAME
from parlance.providers.sandbox.carrier import SandboxCarrier

PROVIDER = Provider(name=NAME, title="Sandbox", dialect=None, carrier=SandboxCarrier())
