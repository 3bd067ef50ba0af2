"""The journal: the gateway's durable list of finished requests that Kafka does not have yet."""

from services.gateway.adapters.journal.adopted import AdoptedJournals, left_behind
from services.gateway.adapters.journal.journal import Journal
from services.gateway.adapters.journal.lock import JournalTakenError
from services.gateway.adapters.journal.shipper import Shipper

__all__ = ["AdoptedJournals", "Journal", "JournalTakenError", "Shipper", "left_behind"]
