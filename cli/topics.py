"""Seawall's topics by the names that commands take."""

from enum import StrEnum

from events.base import Event
from events.topics import ALERTS, BREAKERS, CONFIG, CREDENTIALS, HEALTH, REQUESTS, TOPICS, Topic


class TopicName(StrEnum):
    """A topic of Seawall's."""

    REQUESTS = "requests"
    HEALTH = "health"
    BREAKERS = "breakers"
    CREDENTIALS = "credentials"
    CONFIG = "config"
    ALERTS = "alerts"
    ALL = "all"


_TOPICS: dict[TopicName, tuple[Topic[Event], ...]] = {
    TopicName.REQUESTS: (REQUESTS,),
    TopicName.HEALTH: (HEALTH,),
    TopicName.BREAKERS: (BREAKERS,),
    TopicName.CREDENTIALS: (CREDENTIALS,),
    TopicName.CONFIG: (CONFIG,),
    TopicName.ALERTS: (ALERTS,),
    TopicName.ALL: TOPICS,
}


def topics_of(name: TopicName) -> tuple[Topic[Event], ...]:
    """What `name` stands for."""
    return _TOPICS[name]
