"""What Cohere's chat, version 2, was sent: https://docs.cohere.com/v2/reference/chat."""

from tests.matrix.asked import JSONObject, Received
from tests.matrix.readers import openai


def read(body: JSONObject) -> Received:
    """See Reader. Messages and tools are as OpenAI's; stop sequences and schemas have names of their own."""
    form = body.get("response_format", {})
    schema = {"json_schema": {"schema": form["json_schema"]}} if "json_schema" in form else None
    return openai.read({**body, "stop": body.get("stop_sequences"), "response_format": schema})
