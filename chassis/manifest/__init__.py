"""`seawall.yaml`: the declarative form of what is set. config and alerts each read their sections of it."""

from pathlib import Path

from pydantic import ValidationError

from chassis.manifest.contradictions import contradictions
from chassis.manifest.routes import Policy, Route, Target
from chassis.manifest.sections import (
    Key,
    Limits,
    Manifest,
    Model,
    Price,
    PriceTier,
    Project,
    Provider,
    ProviderKey,
    Rates,
    Receiver,
    Slack,
    Webhook,
)
from chassis.manifest.shape_problems import Problem, shape_problems
from resilience.errors import Failure, Reason

__all__ = [
    "Key",
    "Limits",
    "Manifest",
    "Model",
    "Policy",
    "Price",
    "PriceTier",
    "Project",
    "Provider",
    "ProviderKey",
    "Rates",
    "Receiver",
    "Route",
    "Slack",
    "Target",
    "Webhook",
    "parse",
    "read_file",
]


def parse(text: str) -> Manifest:
    """The manifest in `text`.

    Raises Failure(INVALID_REQUEST) whose message has one line for each thing that is wrong, with its path. A text near
    the limit of a mebibyte takes seconds of CPU: on an event loop, parse it in a thread.
    """
    # Not with the rest: what a provider may be is asked in images, too, that read no manifest and have no YAML.
    from chassis.manifest import strict_yaml  # noqa: PLC0415 - see above

    content = strict_yaml.load(text)
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        raise _failure(shape_problems(error, Manifest)) from error
    if problems := contradictions(manifest):
        raise _failure(problems)
    return manifest


def read_file(path: Path) -> str:
    """The text of a manifest's file, whatever it says. Raises Failure(INVALID_REQUEST) where it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(Reason.INVALID_REQUEST, f"{path} cannot be read: {error}") from error


def _failure(problems: list[Problem]) -> Failure:
    return Failure(
        Reason.INVALID_REQUEST,
        "\n".join(f"{problem.path}: {problem.what}" for problem in problems),
        detail={"field": problems[0].path},
    )
