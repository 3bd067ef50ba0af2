"""The OpenAI-shaped HTTP API, on bare ASGI."""
