"""What is wrong between the parts of a manifest that are each right."""

from collections.abc import Iterator

from chassis.manifest.routes import Route, SpareTarget
from chassis.manifest.sections import Manifest, Provider
from chassis.manifest.shape_problems import Problem
from chassis.manifest.vendors import OWN_FIELDS, TRAVEL, out_of_place


def contradictions(manifest: Manifest) -> list[Problem]:
    """Each thing that is wrong: names that are there twice or lead nowhere, and what a choice makes necessary."""
    return [
        *_repeated("providers", [item.name for item in manifest.providers]),
        *_repeated("models", [item.name for item in manifest.models]),
        *_repeated("projects", [item.name for item in manifest.projects]),
        *_repeated("receivers", [item.name for item in manifest.receivers]),
        *_wrong_providers(manifest),
        *_wrong_prices(manifest),
        *_wrong_projects(manifest),
        *_wrong_receivers(manifest),
    ]


def _repeated(section: str, names: list[str]) -> list[Problem]:
    return [
        Problem(f"{section}[{index}].name", f"{name!r} is there twice")
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _wrong_providers(manifest: Manifest) -> list[Problem]:
    out_of_their_place = [
        Problem(f"providers[{index}].{field}", what)
        for index, provider in enumerate(manifest.providers)
        for field, what in out_of_place(provider.vendor, _said(provider))
    ]
    undeclared = [
        problem
        for index, model in enumerate(manifest.models)
        for path, targets in _targets(model.route)
        for at, target in enumerate(targets)
        for problem in _undeclared(f"models[{index}].route.{path}[{at}].provider", target.provider, manifest)
    ]
    return out_of_their_place + undeclared


def _said(provider: Provider) -> dict[str, object]:
    return {field: getattr(provider, field) or "" for field in ("base_url", *OWN_FIELDS, *TRAVEL)}


def _targets(route: Route) -> Iterator[tuple[str, tuple[SpareTarget, ...]]]:
    """Every list of targets in `route`, and where it is."""
    yield "targets", route.targets
    for index, fallback in enumerate(route.policy.fallbacks):
        yield f"policy.fallbacks[{index}].targets", fallback.targets
    yield "policy.degradation.targets", route.policy.degradation.targets


def _wrong_prices(manifest: Manifest) -> list[Problem]:
    projects = {project.name for project in manifest.projects}
    problems = []
    seen = set()
    for index, price in enumerate(manifest.prices):
        problems += _undeclared(f"prices[{index}].provider", price.provider, manifest)
        if price.project is not None and price.project not in projects:
            what = f"there is no project {price.project!r}{_instead(projects)}"
            problems.append(Problem(f"prices[{index}].project", what))
        of = (price.provider, price.model, price.project, price.effective)
        if of in seen:
            problems.append(Problem(f"prices[{index}]", "is the second price of its target from the same time on"))
        seen.add(of)
        above = [tier.above for tier in price.tiers]
        if above != sorted(set(above)):
            problems.append(Problem(f"prices[{index}].tiers", "must ascend by what they are above"))
    return problems


def _wrong_projects(manifest: Manifest) -> list[Problem]:
    models = {model.name for model in manifest.models}
    problems = []
    for index, project in enumerate(manifest.projects):
        problems += _repeated(f"projects[{index}].keys", [key.name for key in project.keys])
        problems += [
            Problem(f"projects[{index}].models[{at}]", f"there is no model {name!r}{_instead(models)}")
            for at, name in enumerate(project.models)
            if name not in models
        ]
    return problems


def _wrong_receivers(manifest: Manifest) -> list[Problem]:
    return [
        Problem(f"receivers[{index}]", "needs one of webhook and slack, and not both")
        for index, receiver in enumerate(manifest.receivers)
        if (receiver.webhook is None) == (receiver.slack is None)
    ]


def _undeclared(path: str, name: str, manifest: Manifest) -> list[Problem]:
    providers = {provider.name for provider in manifest.providers}
    return [] if name in providers else [Problem(path, f"there is no provider {name!r}{_instead(providers)}")]


def _instead(names: set[str]) -> str:
    return f"; there is {', '.join(sorted(names))}" if names else ""
