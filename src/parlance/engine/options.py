"""What an operator may choose of the engine's behaviour."""

from parlance.model.value import dataclass


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """All times in milliseconds.

    `ttl`: how long a message may wait to leave. `unsure_for`: after that an unsure message ends as failed, outcome
    unknown. `unsure_hold`: for so long an unsure message holds its chat. `in_flight`: the most requests under way at a
    route. `request_limit`: how long a carrier may take to answer, `proof_limit` a webhook's handshake.
    `strict_templates`: unknown templates are refused on every route, not only where the carrier knows all of them.
    """

    ttl: int = 86_400_000
    unsure_for: int = 86_400_000
    unsure_hold: int = 60_000
    in_flight: int = 64
    request_limit: int = 30_000
    proof_limit: int = 10_000
    strict_templates: bool = False
    allow_private_webhooks: bool = False
