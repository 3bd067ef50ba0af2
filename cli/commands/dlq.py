"""`seawall dlq`: what consumers could not process, and how it is given to them again."""

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Annotated, Any, Optional

import typer
from rich.markup import escape

from chassis.kafka.dead_letters import DeadLetter
from chassis.kafka.redrive import DeadLetters
from cli.connection import connect
from cli.kafka import readable, run_with_kafka
from cli.options import DEFAULT_DATA_DIR, AsJson, Bootstrap, DataDir
from cli.output import command, print_json, print_table, print_text, say
from cli.problem import Problem
from cli.show import NONE
from cli.topics import TopicName, topics_of
from resilience.errors import Reason

app = typer.Typer(no_args_is_help=True, help="What consumers could not process, and how it is given to them again.")

TopicOf = Annotated[TopicName, typer.Argument(help="Whose dead letters.", show_default=False)]


@app.command("list")
@command
def list_letters(
    topic: Annotated[TopicName, typer.Argument(help="Whose dead letters.")] = TopicName.ALL,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each topic, the oldest first.")] = 50,
    bootstrap: Bootstrap = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """The dead letters that wait, with their causes."""
    kafka = connect(None, None, data_dir, kafka=bootstrap).kafka
    waiting = run_with_kafka(kafka, lambda: _waiting(kafka, topic, limit))
    if as_json:
        print_json({"letters": [_facts(letter) for letter in waiting]})
        return
    print_table(
        ("topic", "letter", "event", "time", "group", "cause"),
        (_row(letter) for letter in waiting),
        empty="No dead letter waits.",
    )


@app.command("show")
@command
def show_letter(
    topic: TopicOf,
    letter: Annotated[str, typer.Argument(help="As `list` tells it: partition/offset.", show_default=False)],
    bootstrap: Bootstrap = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """One dead letter whole, also where it was put back."""
    kafka = connect(None, None, data_dir, kafka=bootstrap).kafka
    found = run_with_kafka(kafka, lambda: _find(kafka, topic, letter))
    if found is None:
        raise Problem(Reason.NOT_FOUND, f"{topic} has no dead letter {letter!r}.", hint="`seawall dlq list` has some.")
    whole = {**_facts(found), "headers": dict(found.record.headers), "data": readable(found.record.value)}
    if as_json:
        print_json(whole)
    else:
        print_text(json.dumps(whole, indent=2, ensure_ascii=False))


@app.command("redrive")
@command
def redrive(
    topic: TopicOf,
    limit: Annotated[
        Optional[int],  # noqa: UP045 - typer's help
        typer.Option(min=1, help="At most so many of each topic, the oldest first. [default: all]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell which would be put back.")] = False,
    bootstrap: Bootstrap = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Put dead letters back on their topic as they were, each once: do so when their cause is mended.

    Every consumer of the topic gets them, and those that had them before know them by their id.
    """
    kafka = connect(None, None, data_dir, kafka=bootstrap).kafka
    if dry_run:
        done = [(letter, True) for letter in run_with_kafka(kafka, lambda: _waiting(kafka, topic, limit))]
    else:
        done = run_with_kafka(kafka, lambda: _redrive(kafka, topic, limit))
    put_back, lost = [letter for letter, had in done if had], [letter for letter, had in done if not had]
    if as_json:
        print_json(
            {
                "redriven": [_facts(letter) for letter in put_back],
                "lost": [_facts(letter) for letter in lost],
                "dry_run": dry_run,
            }
        )
    else:
        print_table(
            ("topic", "letter", "event", "time", "group", "cause"),
            (_row(letter) for letter in put_back),
            empty="No dead letter waits.",
        )
        say(f"{len(put_back)} {'would be' if dry_run else 'were'} put back.")
        for letter in lost:
            say(f"[red]{escape(_place(letter))} is lost[/]: it was too large for a letter, and its topic forgot it.")


async def _waiting(kafka: str, topic: TopicName, limit: int | None) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    for each in topics_of(topic):
        async with DeadLetters(kafka, each) as dead, aclosing(dead.letters(limit=limit)) as letters:
            found += [letter async for letter in letters]
    return found


async def _find(kafka: str, topic: TopicName, place: str) -> DeadLetter | None:
    for each in topics_of(topic):
        async with DeadLetters(kafka, each) as dead, aclosing(dead.letters(from_start=True)) as letters:
            async for letter in letters:
                if _place(letter) == place:
                    return letter
    return None


async def _redrive(kafka: str, topic: TopicName, limit: int | None) -> list[tuple[DeadLetter, bool]]:
    done: list[tuple[DeadLetter, bool]] = []
    for each in topics_of(topic):
        async with DeadLetters(kafka, each) as dead, aclosing(dead.redrive(limit=limit)) as letters:
            done += [(letter, had) async for letter, had in letters]
    return done


def _row(letter: DeadLetter) -> tuple[str, ...]:
    return (
        letter.record.topic,
        _place(letter),
        letter.record.headers.get("ce_id", NONE),
        letter.time.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        letter.group or NONE,
        letter.cause,
    )


def _facts(letter: DeadLetter) -> Mapping[str, Any]:
    partition, offset = letter.origin
    return {
        "topic": letter.record.topic,
        "letter": _place(letter),
        "time": letter.time.isoformat(),
        "event_id": letter.record.headers.get("ce_id", ""),
        "key": letter.record.key.decode("utf-8", "replace"),
        "group": letter.group,
        "cause": letter.cause,
        "origin": {"partition": partition, "offset": offset},
    }


def _place(letter: DeadLetter) -> str:
    return f"{letter.partition}/{letter.offset}"
