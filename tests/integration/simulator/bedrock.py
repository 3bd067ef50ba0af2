"""Callers of a vendor of Bedrock's dialect: boto3, in threads of its own, and what it signs."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import boto3  # type: ignore[import-untyped]  # it ships no types
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from simulator import Vendor
from tests.integration.simulator.clients import Wire
from tests.stack.eventually import PATIENCE

MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
ACCESS_KEY, SECRET = "AKIASIMULATOR0000001", "s3cr/t+key"
ASKED = "one two three four five six seven eight"
MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": [{"text": ASKED}]}]


def boto(vendor: Vendor, access_key: str = ACCESS_KEY, secret: str = SECRET, token: str | None = None) -> Any:
    """A client whose first answer is its last."""
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=vendor.base_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE, connect_timeout=PATIENCE),
    )


async def ask(client: Any, *, stream: bool = False, model: str = MODEL, **fields: Any) -> dict[str, Any]:
    """Ask, and return the answer as boto3 has it, or its stream put together to one."""
    asked = {"modelId": model, "messages": MESSAGES, **fields}
    if not stream:
        return dict(await asyncio.to_thread(lambda: client.converse(**asked)))
    return joined(await events(client, **asked))


async def events(client: Any, **asked: Any) -> list[dict[str, Any]]:
    """The events of a stream, as boto3 has them."""
    fields = {"modelId": MODEL, "messages": MESSAGES, **asked}
    return await asyncio.to_thread(lambda: list(client.converse_stream(**fields)["stream"]))


def joined(told: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A stream as the answer that it is."""
    content: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for event in told:
        ((name, said),) = event.items()
        match name:
            case "messageStart":
                answer["output"] = {"message": {"role": said["role"], "content": []}}
            case "contentBlockStart":
                content[said["contentBlockIndex"]] = {"toolUse": {**said["start"]["toolUse"], "input": ""}}
            case "contentBlockDelta":
                _add(content.setdefault(said["contentBlockIndex"], {}), said["delta"])
            case "contentBlockStop" if "toolUse" in content[said["contentBlockIndex"]]:
                call = content[said["contentBlockIndex"]]["toolUse"]
                call["input"] = json.loads(call["input"])
            case "messageStop" | "metadata":
                answer |= said
            case _:
                assert name == "contentBlockStop"
    answer["output"]["message"]["content"] = [content[index] for index in sorted(content)]
    return answer


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        thought = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
        ((field, value),) = delta["reasoningContent"].items()
        thought[field] = thought.get(field, "") + value


def content(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return list(answer["output"]["message"]["content"])


def said(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in content(answer))


def calls(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [block["toolUse"] for block in content(answer) if "toolUse" in block]


def post(
    wire: Wire,
    *,
    stream: bool = False,
    body: bytes | None = None,
    path: str | None = None,
    authorization: str | None = None,
    **fields: object,
) -> None:
    """Ask over a raw connection; signed with the usual key, or as `authorization` says."""
    told = json.dumps({"messages": MESSAGES, **fields}).encode() if body is None else body
    way = path or f"/model/{MODEL.replace(':', '%3A')}/{'converse-stream' if stream else 'converse'}"
    request = AWSRequest("POST", f"http://x{way}", {"content-type": "application/json", "host": "x"}, told)
    if authorization is None:
        SigV4Auth(Credentials(ACCESS_KEY, SECRET), "bedrock", "us-east-1").add_auth(request)
    elif authorization:
        request.headers["authorization"] = authorization
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    wire.writer.write(f"POST {way} HTTP/1.1\r\n{head}content-length: {len(told)}\r\n\r\n".encode() + told)
