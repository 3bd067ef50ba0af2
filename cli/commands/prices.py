"""`seawall prices`: what targets cost, and who says so."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from chassis.manifest.vendors import at_home
from cli.connection import connect
from cli.door import OWN, Door
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url
from cli.output import command, print_json, print_table
from cli.problem import Problem
from cli.show import NONE, as_dict
from resilience.errors import Reason
from seawall.config.v1 import config_pb2, resources_pb2

SERVICE = "seawall.config.v1.ConfigService"
COLUMNS = ("model", "input", "output", "cached", "written", "for an hour", "request", "image", "since", "said by")
PAGE = 1000

app = typer.Typer(no_args_is_help=True, help="What targets cost, in US dollars, tokens per million.")


@app.command("list")
@command
def list_prices(
    vendor: Annotated[str, typer.Option(help="Its list prices, as Seawall knows them, instead.")] = "",
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """The prices that are set, in force and to come; or a vendor's list prices."""
    door = Door(connect(url, key, data_dir))
    if vendor:
        listed = _catalogue(door, vendor)
        if as_json:
            print_json({"prices": [as_dict(price) for price in listed]})
            return
        rows = (row for entry in listed for row in _rows(", ".join(entry.models), entry.price, _said(entry)))
        print_table(COLUMNS, rows, empty=f"Seawall knows no list price of {vendor!r}.")
        return
    prices = list(_set(door))
    if as_json:
        print_json({"prices": [as_dict(price) for price in prices]})
        return
    print_table(
        COLUMNS, (row for one in prices for row in _rows(_target(one), one, _payer(one))), empty="No price is set."
    )


@app.command("show")
@command
def show_price(
    target: Annotated[str, typer.Argument(help="Provider and model, such as openai-main/gpt-5-mini.")],
    project: Annotated[str, typer.Option(help="As this project pays it.")] = "",
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """What a target costs now, and who says so."""
    found = _applying(Door(connect(url, key, data_dir)), target, project)
    if found is None:
        raise Problem(
            Reason.NOT_FOUND,
            f"The price of {target!r} is not known, so neither is what its requests cost.",
            hint="Set one: the section prices of seawall.yaml, then `seawall apply`.",
        )
    price, said_by = found
    if as_json:
        print_json({"target": target, "said_by": said_by, "price": as_dict(price)})
    else:
        print_table(COLUMNS, _rows(target, price, said_by), empty="")


def _applying(door: Door, target: str, project: str) -> tuple[resources_pb2.Price, str] | None:
    """The project's price, else the organization's, else the vendor's list price; each in force now."""
    own = [price for price in _set(door) if _target(price) == target]
    for payer in (project, "") if project else ("",):
        if (price := _in_force(price for price in own if price.project == payer)) is not None:
            return price, _payer(price)
    provider_id, _, model = target.partition("/")
    ask = config_pb2.GetProviderRequest(name=f"{OWN}/providers/{provider_id}")
    provider = door.call(f"{SERVICE}/GetProvider", ask, config_pb2.GetProviderResponse).provider
    if not at_home(provider.vendor, provider.base_url):
        return None
    listed = [entry for entry in _catalogue(door, provider.vendor) if model in entry.models]
    price = _in_force(entry.price for entry in listed)
    return next(((entry.price, _said(entry)) for entry in listed if entry.price == price), None)


def _in_force(prices: Iterable[resources_pb2.Price]) -> resources_pb2.Price | None:
    now = datetime.now(UTC)
    begun = [(since, price) for price in prices if (since := price.effective_time.ToDatetime(UTC)) <= now]
    return max(begun, key=lambda one: one[0])[1] if begun else None


def _set(door: Door) -> Iterator[resources_pb2.Price]:
    token = ""
    while True:
        ask = config_pb2.ListPricesRequest(parent=OWN, page_size=PAGE, page_token=token)
        page = door.call(f"{SERVICE}/ListPrices", ask, config_pb2.ListPricesResponse)
        yield from page.prices
        if not (token := page.next_page_token):
            return


def _catalogue(door: Door, vendor: str) -> Iterable[resources_pb2.CataloguePrice]:
    ask = config_pb2.ListCataloguePricesRequest(vendor=vendor)
    return door.call(f"{SERVICE}/ListCataloguePrices", ask, config_pb2.ListCataloguePricesResponse).prices


def _rows(name: str, price: resources_pb2.Price, said_by: str) -> Iterator[tuple[str, ...]]:
    since = price.effective_time.ToDatetime(UTC)
    each = (price.per_request or NONE, price.per_image or NONE)
    yield (name, *_rates(price), *each, f"{since:%Y-%m-%d}", said_by)
    for tier in price.tiers:
        yield (f"  above {tier.above} tokens of input", *_rates(tier), "", "", "", "")


def _rates(said: resources_pb2.Price | resources_pb2.PriceTier) -> tuple[str, ...]:
    written = said.cache_write or said.input
    return (said.input, said.output, said.cached_input or said.input, written, said.cache_write_1h or written)


def _target(price: resources_pb2.Price) -> str:
    return f"{price.target.provider}/{price.target.model}"


def _payer(price: resources_pb2.Price) -> str:
    return f"set, for {price.project}" if price.project else "set"


def _said(entry: resources_pb2.CataloguePrice) -> str:
    return f"{entry.source} ({entry.read_date})"
