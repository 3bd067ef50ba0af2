"""The order of lists: newest first, and by id where the time is the same."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from chassis.storage.columns import UtcDateTime
from services.alerts.application.ports import Position


def before(time: datetime, row_id: str, after: Position) -> sa.ColumnElement[bool]:
    """That a row, whose columns `time` and `row_id` are, comes after the position in a list that is newest first."""
    position = sa.tuple_(sa.literal(after.at, UtcDateTime()), sa.literal(after.id))
    return sa.tuple_(col(time), col(row_id)) < position
