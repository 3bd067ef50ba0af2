"""What the last release promised of the HTTP API, written anew by `python -m tests.contract.openapi.baseline`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.contract.openapi.reading import committed, resolved

BASELINE = Path(__file__).parent / "baseline.txt"


def facts(document: Any) -> Iterator[str]:
    """What others build on, a line each."""
    for path, item in document["paths"].items():
        for method in set(item) - {"parameters"}:
            operation = item[method]
            called = f"{method} {path}"
            yield f"{called} is {operation['operationId']}"
            for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]:
                told = resolved(parameter)
                yield f"{called} reads {told['in']} {told['name']}"
            for status, response in operation["responses"].items():
                for kind in resolved(response)["content"]:
                    yield f"{called} answers {status} {kind}"
                for header in resolved(response).get("headers", ()):
                    yield f"{called} sends {header}"
    for name, schema in document["components"]["schemas"].items():
        for word in schema.get("enum", ()):
            yield f"{name} may be {word}"
        for field, form_ in schema.get("properties", {}).items():
            yield f"{name} has {field}, {form_.get('type') or form_.get('$ref') or 'anything'}"


if __name__ == "__main__":
    BASELINE.write_text("\n".join(sorted(set(facts(committed())))) + "\n")
