"""How answers leave a simulated vendor: rendered by a dialect, sent by a response, spoiled by a fault."""

from simulator.delivery.delivery import Delivery
from simulator.delivery.rendered import Dialect, Rendered
from simulator.delivery.response import JSON, ClientLeftError, Header, Headers, Response

__all__ = ["JSON", "ClientLeftError", "Delivery", "Dialect", "Header", "Headers", "Rendered", "Response"]
