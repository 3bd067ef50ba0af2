"""How work reaches monitor: RPCs, events, ticks."""
