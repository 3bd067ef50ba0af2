"""`seawall chat`: ask a model."""

import json
import sys
import time
from typing import Annotated, Optional

import typer
from rich.markup import escape

from cli.answers import Receipt, events
from cli.connection import connect
from cli.door import Door
from cli.ledger import find_request
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url
from cli.output import command, print_json, print_text, say
from cli.problem import Problem

PATH = "/v1/chat/completions"
LEDGER_PATIENCE = 3.0
"""Seconds to wait for a stream's cost, which only the ledger knows."""


@command
def chat(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer's help
        typer.Argument(metavar="TEXT", help="What to ask; read from stdin where it is not given."),
    ] = None,
    model: Annotated[str, typer.Option(help="A model of the project, or provider/model.")] = "chat",
    stream: Annotated[
        Optional[bool],  # noqa: UP045 - typer's help
        typer.Option("--stream/--no-stream", help="Print the answer as it comes. [default: on a terminal]"),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for the whole answer.")] = 120.0,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Ask a model; the answer is on stdout, what it took on stderr."""
    question = " ".join(words) if words else _from_stdin()
    streamed = stream if stream is not None else sys.stdout.isatty() and not as_json
    door = Door(connect(url, key, data_dir))
    receipt = Receipt()
    began = time.monotonic()
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": question}]}
    if streamed:
        _stream(door, body, receipt, timeout=timeout, aloud=not as_json)
    else:
        response = door.post(PATH, body, timeout=timeout)
        receipt.note_headers(response.headers)
        receipt.note(_read(response.content))
        if not as_json:
            print_text(receipt.text)
    receipt.milliseconds = (time.monotonic() - began) * 1000
    if streamed and not receipt.cost_usd and receipt.request_id:
        recorded = find_request(door, receipt.request_id, patience=LEDGER_PATIENCE)
        receipt.cost_usd = recorded.cost_usd if recorded is not None else ""
    if as_json:
        print_json(receipt.as_dict())
    else:
        _tell(receipt)


def _stream(door: Door, body: dict[str, object], receipt: Receipt, *, timeout: float, aloud: bool) -> None:
    asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
    with door.stream(PATH, asked, timeout=timeout) as response:
        receipt.note_headers(response.headers)
        try:
            for event in events(bytes(part) for part in response.content):
                if "error" in event:
                    raise door.problem_of(response.status, json.dumps(event).encode(), response.headers)
                written = receipt.note(event)
                if aloud:
                    print_text(written, end="")
        except ValueError as error:
            raise Problem(
                "stream_broken",
                f"The answer broke off: {error}.",
                hint="What was printed is not the whole of it; ask again.",
                request_id=receipt.request_id,
            ) from error
        finally:
            if aloud:
                print_text("")


def _from_stdin() -> str:
    if sys.stdin.isatty():
        say("[dim]Write what to ask, then Ctrl-D.[/]")
    text = sys.stdin.read().strip()
    if not text:
        raise typer.BadParameter("there is nothing to ask: give a text, or write it to stdin")
    return text


def _read(content: bytes) -> dict[str, object]:
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem("not_seawall", "The answer is not JSON.", hint="Check --url or SEAWALL_URL.")
    return body


def _tell(receipt: Receipt) -> None:
    tokens = (
        f"{receipt.input_tokens} + {receipt.output_tokens} tokens" if receipt.input_tokens is not None else "tokens ?"
    )
    cost = f"${receipt.cost_usd}" if receipt.cost_usd else "cost unknown"
    parts = (receipt.request_id, receipt.target, tokens, cost, f"{receipt.milliseconds:.0f} ms")
    say(f"[dim]{escape(' · '.join(part for part in parts if part))}[/]")
