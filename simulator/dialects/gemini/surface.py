"""The two places at which Google offers its models, and where in them something is asked for.

Paths: ai.google.dev/api/all-methods, docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

from simulator.dialects.http import header
from simulator.listener import Scope

# A model's name may have anything in it; the last colon ends it.
_CALLS = {
    "gemini": re.compile(r"/v1(?:beta|alpha)?/(?P<name>(?:models|tunedModels)/.+):(?P<method>\w+)"),
    "vertex": re.compile(
        r"/v1(?:beta1)?/(?P<name>(?:projects/[^/]+/locations/[^/]+/)?publishers/google/models/.+)"
        r":(?P<method>\w+)"
    ),
}
_MODELS = {
    "gemini": re.compile(r"/v1(?:beta|alpha)?/models(?:/(?P<model>.+))?"),
    "vertex": re.compile(r"/v1(?:beta1)?/publishers/google/models(?:/(?P<model>.+))?"),
}


@dataclass(frozen=True, slots=True)
class Surface:
    """One of the places: the Gemini API, or Vertex AI."""

    name: Literal["gemini", "vertex"]
    service: str
    models: str

    @property
    def is_vertex(self) -> bool:
        """Whether it is Vertex AI."""
        return self.name == "vertex"


GEMINI = Surface("gemini", "generativelanguage.googleapis.com", "models")
VERTEX = Surface("vertex", "aiplatform.googleapis.com", "publishers/google/models")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked for: `name` is the model's whole name there, `model` what callers call it."""

    surface: Surface
    name: str
    method: str

    @property
    def model(self) -> str:
        """The model, without the collection that it is in; a tuned one is in a collection of its own."""
        return self.name.partition(f"{self.surface.models}/")[2] or self.name


def place_of(path: str) -> Place | None:
    """Return what a path of a call of a model says; None where it is none."""
    for surface in (GEMINI, VERTEX):
        if found := _CALLS[surface.name].fullmatch(path):
            return Place(surface, found["name"], found["method"])
    return None


def models_at(path: str) -> tuple[Surface, str] | None:
    """Return whose models are listed at a path, or which one is shown; None where none are."""
    for surface in (GEMINI, VERTEX):
        if found := _MODELS[surface.name].fullmatch(path):
            return surface, found["model"] or ""
    return None


def asked_in(scope: Scope) -> dict[str, str]:
    """Return what the query says, the last of each name."""
    return {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def key_in(scope: Scope) -> str:
    """Return the API key, wherever it is, or else the Bearer token."""
    key = header(scope, b"x-goog-api-key").strip() or asked_in(scope).get("key", "")
    return key or bearer_in(scope)


def bearer_in(scope: Scope) -> str:
    """Return the Bearer token; empty where there is none."""
    scheme, _, token = header(scope, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
