"""Requests that the document shows; a test sends each of them to a system that runs, and gets the status it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.dialect import Name
from services.gateway.entrypoints.http.openapi.schemas import Json

MODEL = "chat"
"""The model that the examples ask."""
ABSENT = "no-such-model"


@dataclass(frozen=True, slots=True)
class Example:
    """A request's body, and the HTTP status of its answer."""

    name: str
    summary: str
    value: Mapping[str, Any]
    status: int = 200


def told(examples: tuple[Example, ...]) -> Json:
    """Examples as OpenAPI has them; `x-seawall-status` is the answer's."""
    return {
        example.name: {"summary": example.summary, "value": example.value, "x-seawall-status": example.status}
        for example in examples
    }


def _examples(body: Mapping[str, Any], *, streams: bool = True) -> tuple[Example, ...]:
    whole = Example("whole", "One answer", body)
    absent = Example("absent", "A model that is not there", {**body, "model": ABSENT}, 404)
    streamed = Example("streamed", "The answer as it comes", {**body, "stream": True})
    return (whole, streamed, absent) if streams else (whole, absent)


_QUESTION = [{"role": "user", "content": "Why do sea walls curve?"}]

ASKING: Mapping[Name, tuple[Example, ...]] = {
    Name.OPENAI_CHAT: (
        *_examples({"model": MODEL, "messages": [{"role": "system", "content": "Be brief."}, *_QUESTION]}),
        Example("nothing", "No messages", {"model": MODEL, "messages": []}, 400),
    ),
    Name.OPENAI_COMPLETIONS: _examples({"model": MODEL, "prompt": "A sea wall curves because", "max_tokens": 50}),
    Name.OPENAI_EMBEDDINGS: _examples({"model": MODEL, "input": ["wall", "sea"]}, streams=False),
    Name.OPENAI_RESPONSES: (
        *_examples({"model": MODEL, "input": "Why do sea walls curve?", "instructions": "Be brief."}),
        Example("background", "What is not offered", {"model": MODEL, "input": "Why?", "background": True}, 400),
    ),
    Name.ANTHROPIC_MESSAGES: _examples(
        {"model": MODEL, "max_tokens": 200, "system": "Be brief.", "messages": _QUESTION}
    ),
    Name.ANTHROPIC_COUNT_TOKENS: _examples({"model": MODEL, "messages": _QUESTION}, streams=False),
}
"""By the dialect they are written in."""

_OWN = {"parent": "organizations/-"}

RPCS: Mapping[str, tuple[Example, ...]] = {
    "GetOrganization": (Example("own", "The caller's own", {"name": "organizations/-"}),),
    "ListProjects": (
        Example("all", "All of them", _OWN),
        Example("page", "A page of them", {**_OWN, "pageSize": 1}),
        Example("misspelt", "A field that is not there", {**_OWN, "pagesize": 1}, 400),
    ),
    "ListProviders": (Example("all", "All of them", _OWN),),
    "ListModels": (Example("all", "All of them", _OWN),),
    "GetModel": (Example("absent", "A model that is not there", {"name": f"organizations/-/models/{ABSENT}"}, 404),),
    "ListPrices": (Example("all", "All of them", _OWN),),
    "ListCataloguePrices": (Example("anthropic", "One vendor's", {"vendor": "anthropic"}),),
    "ListAuditRecords": (Example("newest", "The newest", {**_OWN, "pageSize": 10}),),
    "QueryUsage": (
        Example("models", "The last day, by model", {**_OWN, "groupBy": ["USAGE_GROUP_MODEL"]}),
        Example("hours", "By hour and target", {**_OWN, "groupBy": ["USAGE_GROUP_HOUR", "USAGE_GROUP_TARGET"]}),
    ),
    "ListTargetHealth": (Example("all", "All of them", _OWN),),
    "ListRequests": (Example("newest", "The newest", {**_OWN, "pageSize": 10}),),
    "ListAlerts": (Example("all", "All of them", _OWN),),
    "ListReceivers": (Example("all", "All of them", _OWN),),
    "ListDeliveries": (Example("newest", "The newest", {**_OWN, "pageSize": 10}),),
}
"""By the RPC's name."""
