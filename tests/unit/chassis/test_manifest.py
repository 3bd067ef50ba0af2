"""`seawall.yaml`: what it may say, and what is said of one that is wrong."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chassis.manifest import Limits, Manifest, Policy, bounds, parse, read_file
from chassis.manifest.routes import Breaker
from chassis.principal import Role
from resilience.errors import Failure, Reason

EXAMPLE = Path(__file__).parents[3] / "examples" / "seawall.yaml"

NO_NAME = "is not a name: lower-case letters, digits and hyphens, at most 63, a hyphen neither first nor last"
PROVIDER = "providers: [{name: main, vendor: openai, keys: [env:KEY]}]"


def problems(text: str) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(Failure) as caught:
        parse(text)
    assert caught.value.reason is Reason.INVALID_REQUEST
    assert not caught.value.retryable
    return caught.value.message.splitlines()


def acme(*sections: str) -> str:
    return "\n".join(["organization: acme", *sections])


def model(route: str) -> str:
    return acme(PROVIDER, f"models: [{{name: chat, route: {route}}}]")


def price(amount: str) -> str:
    return acme(PROVIDER, f"prices: [{{provider: main, model: m, input: {amount}, output: 0}}]")


def test_example_is_read_whole() -> None:
    manifest = parse(EXAMPLE.read_text())
    assert manifest.organization == "acme"
    names = ["openai-main", "local", "azure", "vertex", "replicate"]
    assert [provider.name for provider in manifest.providers] == names
    assert manifest.providers[-1].sdk_vendor == "replicate"
    assert [(key.key, key.weight) for key in manifest.providers[0].keys] == [
        ("env:OPENAI_API_KEY", 3),
        ("env:OPENAI_API_KEY_2", 1),
    ]
    route = manifest.models[0].route
    assert [(target.provider, target.model) for target in route.targets] == [
        ("openai-main", "gpt-5-mini"),
        ("local", "llama-3.3-70b"),
    ]
    assert (route.policy.timeout, route.policy.first_token_timeout) == (timedelta(minutes=1), timedelta(seconds=5))
    assert (route.policy.retries, route.policy.idle_timeout) == (2, None)
    assert [model.route.strategy for model in manifest.models] == ["ordered", "balanced", "ordered"]
    assert manifest.models[1].route.policy == Policy(breaker=Breaker(window_calls=50))
    assert manifest.models[2].route.policy == Policy(breaker=Breaker(off=True))
    assert manifest.prices[0].cached_input == Decimal("0.025")
    assert manifest.prices[1].effective == datetime(2027, 1, 1, tzinfo=UTC)
    assert manifest.projects[0].limits == Limits(requests_per_minute=600)
    assert [(key.name, key.role) for project in manifest.projects for key in project.keys] == [
        ("ci", Role.DEVELOPER),
        ("web", Role.DEVELOPER),
        ("admin", Role.ADMIN),
        ("dashboard", Role.VIEWER),
    ]
    assert manifest.receivers[0].webhook is not None
    assert manifest.receivers[1].slack is not None


def test_example_sets_every_field_that_there_is() -> None:
    """So that it stays complete: it is the operator's reference."""
    seen: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()

    def walk(value: object) -> None:
        if isinstance(value, tuple):
            for item in value:
                walk(item)
        elif isinstance(value, BaseModel):
            kind = type(value)
            known.update((kind.__name__, field) for field in kind.model_fields)
            seen.update((kind.__name__, field) for field in value.model_fields_set)
            for field in kind.model_fields:
                walk(getattr(value, field))

    walk(parse(EXAMPLE.read_text()))
    assert known == seen


def test_one_provider_is_enough() -> None:
    manifest = parse(acme(PROVIDER))
    assert manifest.models == ()
    assert manifest.projects == ()


def test_manifest_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(acme()).organization = "other"  # type: ignore[misc]  # the point


def test_unknown_field_is_told_with_the_known_ones() -> None:
    assert problems(model("{targets: [{provider: main, model: m}], balance: {speed: 1}}")) == [
        "models[0].route.balance.speed: is not known; known here: latency, cost, quality"
    ]
    assert problems(acme("provider: []")) == [
        "provider: is not known; known here: organization, providers, models, prices, projects, receivers"
    ]
    assert problems(acme("receivers: [{name: ops, webhook: {url: env:U, secret: env:S, token: x}}]")) == [
        "receivers[0].webhook.token: is not known; known here: url, secret"
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problems(
        acme(
            "providers: [{name: Main, vendor: acme}]",
            "models: [{name: chat, route: {targets: [], policy: {timeout: 5, retries: -1}}}]",
            "projects: [{name: shop, keys: [{name: ci, value: env:K, role: king}]}]",
        )
    ) == [
        f"providers[0].name: {NO_NAME}",
        f"providers[0].vendor: must be one of {', '.join(bounds.VENDORS.known)}",
        "models[0].route.targets: is empty",
        "models[0].route.policy.timeout: is not a duration such as 500ms, 60s, 2m or 1h",
        "models[0].route.policy.retries: must be from 0 to 10",
        "projects[0].keys[0].role: is not a role: viewer, developer, manager, admin, owner",
    ]


def test_every_contradiction_is_told_at_once() -> None:
    assert problems(
        acme(
            "providers: [{name: main, vendor: openai}, {name: gpu, vendor: openai-compatible}, "
            "{name: main, vendor: openai}]",
            "models:",
            "  - {name: chat, route: {targets: [{provider: main, model: m}, {provider: claude, model: m}]}}",
            "prices: [{provider: none, model: m, input: 1, output: 1}]",
            "projects: [{name: shop, models: [chat, talk], keys: [{name: a, value: env:A}, {name: a, value: env:B}]}]",
            "receivers: [{name: nobody}, {name: both, slack: {url: env:U}, webhook: {url: env:U, secret: env:S}}]",
        )
    ) == [
        "providers[2].name: 'main' is there twice",
        "providers[1].base_url: is missing: vendor openai-compatible has no address of its own",
        "models[0].route.targets[1].provider: there is no provider 'claude'; there is gpu, main",
        "prices[0].provider: there is no provider 'none'; there is gpu, main",
        "projects[0].keys[1].name: 'a' is there twice",
        "projects[0].models[1]: there is no model 'talk'; there is chat",
        "receivers[0]: needs one of webhook and slack, and not both",
        "receivers[1]: needs one of webhook and slack, and not both",
    ]


@pytest.mark.parametrize("section", ["models", "projects", "receivers"])
def test_name_is_there_once_a_section(section: str) -> None:
    item = {
        "models": "{name: a, route: {targets: [{provider: main, model: m}]}}",
        "projects": "{name: a}",
        "receivers": "{name: a, slack: {url: env:U}}",
    }[section]
    assert problems(acme(PROVIDER, f"{section}: [{item}, {item}]")) == [f"{section}[1].name: 'a' is there twice"]


def test_first_field_that_is_wrong_is_named_for_programs() -> None:
    with pytest.raises(Failure) as caught:
        parse(acme("providers: [{name: x, vendor: y}]"))
    assert caught.value.detail == {"field": "providers[0].vendor"}


def test_webhook_needs_a_secret() -> None:
    assert problems(acme("receivers: [{name: ops, webhook: {url: env:OPS_HOOK}}]")) == [
        "receivers[0].webhook.secret: is missing"
    ]


def test_inline_secret_is_refused_and_not_repeated() -> None:
    told = problems(
        acme(
            "providers: [{name: main, vendor: openai, keys: [sk-hidden]}]",
            "projects: [{name: shop, keys: [{name: ci, value: sw_hidden}]}]",
            "receivers: [{name: ops, webhook: {url: env:U, secret: hidden}}]",
        )
    )
    assert [line.partition(":")[0] for line in told] == [
        "providers[0].keys[0]",
        "projects[0].keys[0].value",
        "receivers[0].webhook.secret",
    ]
    assert "hidden" not in "".join(told)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("60s", timedelta(seconds=60)),
        ("1.5s", timedelta(seconds=1.5)),
        ("2m", timedelta(minutes=2)),
        ("1h", timedelta(hours=1)),
    ],
)
def test_durations_are_read(text: str, length: timedelta) -> None:
    manifest = parse(model(f"{{targets: [{{provider: main, model: m}}], policy: {{timeout: {text}}}}}"))
    assert manifest.models[0].route.policy.timeout == length


@pytest.mark.parametrize("text", ["60", "-1s", "1d", "s", "auto", "1 s", "1:30", "[]", "off"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    (told,) = problems(model(f"{{targets: [{{provider: main, model: m}}], policy: {{timeout: {text}}}}}"))
    assert told == "models[0].route.policy.timeout: is not a duration such as 500ms, 60s, 2m or 1h"


@pytest.mark.parametrize("text", ["0s", "61m", "999999999h"])
def test_a_timeout_out_of_its_bounds_is_refused(text: str) -> None:
    (told,) = problems(model(f"{{targets: [{{provider: main, model: m}}], policy: {{timeout: {text}}}}}"))
    assert told == "models[0].route.policy.timeout: must be more than 0s and at most 1h"


@pytest.mark.parametrize(("text", "amount"), [("0.1", "0.1"), ('"0.123456789"', "0.123456789"), ("2", "2"), ("0", "0")])
def test_prices_are_exact(text: str, amount: str) -> None:
    assert parse(price(text)).prices[0].input == Decimal(amount)


@pytest.mark.parametrize("text", ["-1", ".nan", ".inf", "0.1234567891", "free", "true", "1e30"])
def test_what_is_no_price_is_refused(text: str) -> None:
    assert all(line.startswith("prices[0].input: ") for line in problems(price(text)))


def test_two_prices_of_a_target_need_two_times() -> None:
    one = "{provider: main, model: m, input: 1, output: 1"
    later = f"{one}, effective: 2027-01-01T00:00:00Z}}"
    assert len(parse(acme(PROVIDER, f"prices: [{one}}}, {later}]")).prices) == 2
    assert problems(acme(PROVIDER, f"prices: [{later}, {one}, effective: 2027-01-01T01:00:00+01:00}}]")) == [
        "prices[1]: is the second price of its target from the same time on"
    ]


@pytest.mark.parametrize("moment", ["2027-01-01T00:00:00", "2027-01-01", "soon", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_moment_is_refused(moment: str) -> None:
    (told,) = problems(acme(f"projects: [{{name: shop, keys: [{{name: ci, value: env:K, expires: {moment}}}]}}]"))
    assert told.startswith("projects[0].keys[0].expires: ")


@pytest.mark.parametrize("name", ["", "A", "a_b", "a.b", "-a", "a-", "a" * 64, "é", "a/b", '"a\\n"'])
def test_what_is_no_name_is_refused(name: str) -> None:
    (told,) = problems(f"organization: {name}")
    assert told.startswith("organization: ")


@pytest.mark.parametrize("name", ["a", "a" * 63, "0", "a-b-2"])
def test_names_are_lower_case_letters_digits_and_hyphens(name: str) -> None:
    assert parse(f'organization: "{name}"').organization == name


@pytest.mark.parametrize("url", ["gpu-1:8000", "ftp://gpu-1", "http://", "http://[::1", "env:URL"])
def test_what_is_no_url_is_refused(url: str) -> None:
    (told,) = problems(acme(f'providers: [{{name: gpu, vendor: openai-compatible, base_url: "{url}"}}]'))
    assert told.startswith("providers[0].base_url: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organization: acme\norganization: other", "line 2, column 1: 'organization' is there twice"),
        ("a: &a 1\nb: *a", "line 2, column 4: aliases are not accepted"),
        ("organization: [", "line 1, column 16: expected the node content, but found '<stream end>'"),
        ("a: !!python/object:os.system x", "line 1, column 4: could not determine a constructor for the tag"),
        ("[" * 100_000, "line 1, column 33: nested deeper than 32 levels"),
        ("? [a]\n: b", "line 1, column 3: found unhashable key"),
        ("a: 2026-13-45", "The YAML text holds a date or number that is none"),
        ("a: \x01", "The text is not YAML"),
        ("a: 1\n---\nb: 2", "line 2, column 1: but found another document"),
        ("#" * (1024 * 1024 + 1), "The YAML text is larger than 1048576 bytes."),
        ("", "the document: is not a mapping"),
        ("- organization", "the document: is not a mapping"),
        ("1: 2\norganization: acme", "[1]: keys should be strings"),
    ],
)
def test_yaml_that_surprises_or_attacks_is_refused_with_its_place(text: str, told: str) -> None:
    assert problems(text)[0].startswith(told)


def test_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert problems("\n".join(lines)) == ["line 2, column 10: aliases are not accepted"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(Manifest.model_fields)), inner)
        ),
        max_leaves=12,
    )
)
def test_any_document_is_a_manifest_or_a_failure(document: object) -> None:
    with suppress(Failure):
        parse(yaml.safe_dump(document))


@given(st.text(max_size=200))
def test_any_text_is_a_failure_and_not_an_error(text: str) -> None:
    with pytest.raises(Failure):
        parse(text)


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "seawall.yaml"
    file.write_text("organization: übermorgen\n", "utf-8")
    assert read_file(file) == "organization: übermorgen\n"


def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    binary = tmp_path / "seawall.yaml"
    binary.write_bytes(b"\xff\xfe")
    for path in (binary, tmp_path, tmp_path / "nowhere.yaml"):
        with pytest.raises(Failure, match=f"{path} cannot be read") as caught:
            read_file(path)
        assert (caught.value.reason, caught.value.retryable) == (Reason.INVALID_REQUEST, False)


def test_a_price_may_have_parts_tiers_and_a_payer() -> None:
    (read,) = parse(
        acme(
            PROVIDER,
            "projects: [{name: shop}]",
            """prices:
  - provider: main
    model: m
    project: shop
    input: 3
    output: 15
    cached_input: 0.3
    cache_write: 3.75
    cache_write_1h: 6
    per_request: 0.005
    per_image: 0.0001
    tiers:
      - {above: 200000, input: 6, output: 22.5, cached_input: 0.6}
      - {above: 500000, input: 12, output: 45}""",
        )
    ).prices
    assert (read.project, read.cache_write, read.cache_write_1h) == ("shop", Decimal("3.75"), Decimal(6))
    assert (read.per_request, read.per_image) == (Decimal("0.005"), Decimal("0.0001"))
    assert [(tier.above, tier.input, tier.cached_input) for tier in read.tiers] == [
        (200_000, Decimal(6), Decimal("0.6")),
        (500_000, Decimal(12), None),
    ]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("project: gone", "prices[0].project"),
        ("per_request: -1", "prices[0].per_request"),
        ("cache_write: x", "prices[0].cache_write"),
        ("tiers: [{above: 0, input: 1, output: 1}]", "prices[0].tiers[0].above"),
        ("tiers: [{above: 1, input: 1}]", "prices[0].tiers[0].output"),
        ("tiers: [{above: 2, input: 1, output: 1}, {above: 1, input: 1, output: 1}]", "prices[0].tiers"),
        ("tiers: [{above: 2, input: 1, output: 1}, {above: 2, input: 1, output: 1}]", "prices[0].tiers"),
    ],
)
def test_a_wrong_part_of_a_price_is_told_with_its_path(more: str, path: str) -> None:
    (problem,) = problems(acme(PROVIDER, f"prices: [{{provider: main, model: m, input: 1, output: 1, {more}}}]"))
    assert problem.startswith(f"{path}: ")


def test_each_project_may_have_its_price_of_a_target() -> None:
    def all_of(*projects: str) -> str:
        of = ", ".join(f"{{provider: main, model: m, input: 1, output: 1{project}}}" for project in projects)
        return acme(PROVIDER, "projects: [{name: a}, {name: b}]", f"prices: [{of}]")

    assert len(parse(all_of("", ", project: a", ", project: b")).prices) == 3
    (problem,) = problems(all_of("", ", project: a", ", project: a"))
    assert problem.startswith("prices[2]: ")
