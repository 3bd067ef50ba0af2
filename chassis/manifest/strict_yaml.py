"""YAML as operators write it, without the parts of it that surprise or attack: aliases, repeated keys, deep nesting."""

from typing import Any, Protocol

import yaml

from resilience.errors import Failure, Reason

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32


def load(text: str) -> Any:
    """The one document in `text`, as plain values. Raises Failure(INVALID_REQUEST) that says where it is wrong.

    A text of MAX_BYTES takes seconds of CPU: on an event loop, do it in a thread.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Failure(Reason.INVALID_REQUEST, f"The YAML text is larger than {MAX_BYTES} bytes.")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        raise _refused(error.problem_mark or error.context_mark, error.problem or error.context or "") from error
    except yaml.YAMLError as error:
        raise Failure(Reason.INVALID_REQUEST, f"The text is not YAML: {error}") from error
    except (ValueError, OverflowError) as error:
        # PyYAML takes what looks like a date or a number for one, and then fails to make it.
        raise Failure(Reason.INVALID_REQUEST, f"The YAML text holds a date or number that is none: {error}") from error


class _Loader(yaml.SafeLoader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # missing in PyYAML's stubs
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event.start_mark, "aliases are not accepted")
        if self._depth == MAX_DEPTH:
            raise _refused(event.start_mark, f"nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            # Any other kind of key is refused below.
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _refused(key.start_mark, f"{key.value!r} is there twice")
                seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Mark(Protocol):
    """A place in the text, counted from 0."""

    line: int
    column: int


def _refused(mark: _Mark | None, problem: str) -> Failure:
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return Failure(Reason.INVALID_REQUEST, place + problem)
