"""Senders are spread over buckets, each of which one node looks after."""

from parlance.model.ids import Id


def bucket(sender_id: Id) -> int:
    """Which of 256 buckets a sender is in; a dispatching node owns whole buckets (multiplicative hash)."""
    return (sender_id * 0x9E3779B97F4A7C15 & 0xFFFF_FFFF_FFFF_FFFF) >> 56
