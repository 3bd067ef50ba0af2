"""What botocore's own service model makes of requests, answers and streams: the authority for Bedrock's wire format."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from botocore.eventstream import EventStream
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from services.providers.application.ports import VendorRequest

_MODEL = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
_PARSER = create_parser("rest-json")


def operation(*, stream: bool) -> OperationModel:
    return _MODEL.operation_model("ConverseStream" if stream else "Converse")


def check_request(request: VendorRequest, model: str, *, stream: bool = False) -> dict[str, Any]:
    """The body, which botocore would have sent itself, to the same path."""
    of = operation(stream=stream)
    body = json.loads(request.body)
    assert isinstance(body, dict)
    asked = {"modelId": model, **_python(of.input_shape, body)}
    report = ParamValidator().validate(asked, of.input_shape)
    assert not report.has_errors(), report.generate_report()
    sent = create_serializer("rest-json").serialize_to_request(asked, of)
    assert sent["url_path"] == request.path
    assert sent["method"] == "POST"
    assert json.loads(sent["body"] or b"{}") == body
    return body


def parse_answer(body: bytes) -> dict[str, Any]:
    """A whole answer, as boto3's callers have it."""
    parsed = _PARSER.parse({"status_code": 200, "headers": {}, "body": body}, operation(stream=False).output_shape)
    assert isinstance(parsed, dict)
    return parsed


def parse_stream(stream: bytes) -> list[dict[str, Any]]:
    """The events of a stream, as boto3's callers have them. Raises botocore's EventStreamError."""

    class Raw:
        def stream(self) -> Iterator[bytes]:
            yield stream

        def close(self) -> None: ...

    of = operation(stream=True)
    shape = of.output_shape.members["stream"]
    return list(EventStream(Raw(), shape, create_parser("rest-json")._event_stream_parser, of.name))


def _python(shape: Any, value: Any) -> Any:
    """JSON as botocore's callers write it: blobs are bytes. A field that the model does not have is a KeyError."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        return {name: _python(shape.members[name], member) for name, member in value.items()}
    if shape.type_name == "list":
        return [_python(shape.member, member) for member in value]
    if shape.type_name == "blob":
        return b64decode(value, validate=True)
    _check_bounds(shape, value)
    return value


def _check_bounds(shape: Any, value: Any) -> None:
    """What botocore leaves to the service: words, patterns and greatest values."""
    told = shape.metadata
    assert value in (told.get("enum") or [value])
    if shape.type_name == "string":
        assert re.fullmatch(told.get("pattern", ".*"), value, re.DOTALL)
        assert len(value) <= told.get("max", len(value))
    elif shape.type_name in {"integer", "float"}:
        assert value <= told.get("max", value)
