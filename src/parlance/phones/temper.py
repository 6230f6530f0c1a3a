"""How phones answer, and the numbers that misbehave on purpose. Decisions only.

The misbehaving ones are told by their last six digits, whatever the country code, so that a program can be tried
against every trouble there is without arranging it.
"""

from enum import StrEnum

from parlance.contract.phones import Behaviour, Habit
from parlance.model.fault import Failure, Fault
from parlance.model.message import Content, Reaction, Stage


class Temper(StrEnum):
    """The ways to misbehave, by the number's last six digits."""

    NOT_ON_WHATSAPP = "000131"
    BUSY = "000429"
    REFUSING = "000503"
    SILENT = "000504"
    OUT_OF_REACH = "000408"


TURNED_AWAY = 2
"""How often a busy number turns each message away before it takes it."""

SILENCE = 2_000
"""How long after the line dropped a silent number's statuses come, in milliseconds."""

NOT_ON_WHATSAPP = Failure(Fault.NOT_ON_WHATSAPP, "131026", "This number is not on WhatsApp.")

_TEMPERS = {temper.value: temper for temper in Temper}


def temper_of(number: str) -> Temper | None:
    """How a number misbehaves; None for the many that do not."""
    return _TEMPERS.get(number[-6:])


def delivers(behaviour: Behaviour) -> bool:
    """Whether messages reach this phone at all."""
    return behaviour.delivers is not Habit.NEVER and temper_of(behaviour.number) is not Temper.OUT_OF_REACH


def statuses(content: Content, behaviour: Behaviour) -> tuple[tuple[Stage, int], ...]:
    """The statuses a phone gives for a message by itself, each with the milliseconds after which it falls due."""
    temper = temper_of(behaviour.number)
    if temper is Temper.NOT_ON_WHATSAPP:
        return ((Stage.FAILED, behaviour.delay_ms),)
    stages = [Stage.SENT]
    # A reaction has no ticks of its own on a phone, so nothing more than its sending is told of it.
    if delivers(behaviour) and not isinstance(content, Reaction):
        stages.append(Stage.DELIVERED)
        if behaviour.reads is Habit.AUTO:
            stages.append(Stage.READ)
    start = SILENCE if temper is Temper.SILENT else 0
    return tuple((stage, start + behaviour.delay_ms * place) for place, stage in enumerate(stages, 1))


def stage_at_once(planned: tuple[tuple[Stage, int], ...]) -> Stage:
    """The stage a message has on the phone from the start: the last of those that nothing delays."""
    return next((stage for stage, after in reversed(planned) if not after), Stage.SENT)
