"""`seawall requests`: what was asked, where it went, why, and what it took."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from cli.connection import connect
from cli.door import OWN, Door
from cli.ledger import SERVICE, absent, find_request
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, RequestId, Url, WaitForLedger
from cli.output import command, print_json, print_table, stdout
from cli.show import NONE, as_dict, dollars, id_of, milliseconds_of, time_of
from seawall.monitor.v1 import monitor_pb2

app = typer.Typer(no_args_is_help=True, help="What was asked, where it went, why, and what it took.")

COLUMNS = ("request", "time", "model", "target", "outcome", "reason", "tokens", "cost", "took")


@app.command("list")
@command
def list_requests(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest first.")] = 20,
    model: Annotated[str, typer.Option(help="Only those that asked for it.")] = "",
    outcome: Annotated[str, typer.Option(help="Only succeeded, failed or cancelled ones.")] = "",
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """The newest finished requests."""
    ask = monitor_pb2.ListRequestsRequest(parent=OWN, page_size=limit, model=model, outcome=outcome)
    answer = Door(connect(url, key, data_dir)).call(f"{SERVICE}/ListRequests", ask, monitor_pb2.ListRequestsResponse)
    if as_json:
        print_json({"requests": [as_dict(request) for request in answer.requests]})
        return
    print_table(COLUMNS, (_row(request) for request in answer.requests), empty="There are no requests.")


@app.command("show")
@command
def show_request(
    request_id: RequestId,
    wait: WaitForLedger = 3.0,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """One request: the targets that were considered and why, each attempt, tokens, cost, trace."""
    request = find_request(Door(connect(url, key, data_dir)), request_id, patience=wait)
    if request is None:
        raise absent(request_id)
    if as_json:
        print_json(as_dict(request))
    else:
        _show(request)


def _row(request: monitor_pb2.Request) -> tuple[str, ...]:
    return (
        id_of(request.name),
        time_of(request, "start_time"),
        request.model,
        request.target or NONE,
        request.outcome,
        request.reason or NONE,
        _tokens(request.usage),
        dollars(request.cost_usd),
        milliseconds_of(request, "duration"),
    )


def _cached(usage: monitor_pb2.Usage) -> str:
    read = f"{usage.cached_input_tokens} of the input cached"
    return f"{read}, {usage.cache_write_tokens} put into the cache" if usage.cache_write_tokens else read


def _tokens(usage: monitor_pb2.Usage) -> str:
    return f"{usage.input_tokens} + {usage.output_tokens}"


def _show(request: monitor_pb2.Request) -> None:
    colour = {"succeeded": "green", "failed": "red"}.get(request.outcome, "yellow")
    facts = Table.grid(padding=(0, 2))
    ended = request.outcome + (f", {request.reason}" if request.reason else "")
    for label, value in (
        ("model", request.model),
        ("asked for", request.operation),
        ("ended", f"[{colour}]{escape(ended)}[/]"),
        ("answered by", escape(_answered_by(request))),
        ("asked by", escape(f"{id_of(request.project)}/{id_of(request.key)}")),
        ("criticality", escape(request.criticality or NONE)),
        ("began", time_of(request, "start_time")),
        ("took", _took(request)),
        ("tokens", f"{_tokens(request.usage)} ({_cached(request.usage)})"),
        ("cost", dollars(request.cost_usd)),
        ("trace", request.trace_id or NONE),
    ):
        facts.add_row(f"[dim]{label}[/]", value)
    stdout.print(Panel(facts, title=f"request {escape(id_of(request.name))}", title_align="left"), soft_wrap=False)
    stdout.print("\n[bold]Targets considered[/]")
    print_table(
        ("order", "target", "why"),
        ((str(p.position) if p.position else "left out", p.target, p.explanation) for p in request.plan),
        empty="None: it was refused before.",
    )
    stdout.print("\n[bold]Attempts[/]")
    print_table(
        ("attempt", "cause", "target", "outcome", "reason", "vendor", "first token", "took", "tokens", "cost"),
        (_attempt(attempt) for attempt in request.attempts),
        empty="None.",
    )


def _answered_by(request: monitor_pb2.Request) -> str:
    """The target, the cache, or what stood in for both; and where a broken answer was gone on with."""
    who = request.target or (f"the cache ({request.cache})" if request.cache else NONE)
    degraded = f", degraded: {request.degraded}" if request.degraded else ""
    went_on = f", which went on after {request.continued_at} characters" if request.HasField("continued_at") else ""
    return who + degraded + went_on


def _took(request: monitor_pb2.Request) -> str:
    took = milliseconds_of(request, "duration")
    return f"{took}, first token after {milliseconds_of(request, 'first_token')}" if request.stream else took


def _attempt(attempt: monitor_pb2.Attempt) -> tuple[str, ...]:
    return (
        str(attempt.number),
        attempt.cause or NONE,
        attempt.target,
        attempt.outcome,
        attempt.reason or NONE,
        str(attempt.vendor_status) if attempt.vendor_status else NONE,
        milliseconds_of(attempt, "first_token"),
        milliseconds_of(attempt, "duration"),
        _tokens(attempt.usage) + (" estimated" if attempt.usage_estimated else ""),
        dollars(attempt.cost_usd),
    )
