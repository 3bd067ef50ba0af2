"""`seawall prices`, beside a running `seawall up`."""

from tests.integration.cli.seawall import Up


async def test_prices_that_are_set_are_listed(running: Up) -> None:
    listed = (await running.run("prices", "list", "--json")).json()["prices"]
    assert {f"{price['target']['provider']}/{price['target']['model']}" for price in listed} == {
        "alpha/alpha-large",
        "beta/beta-large",
    }
    assert "alpha/alpha-large" in (await running.run("prices", "list")).out


async def test_list_prices_of_a_vendor_are_listed_with_their_tiers_and_sources(running: Up) -> None:
    listed = (await running.run("prices", "list", "--vendor", "gemini", "--json")).json()["prices"]
    assert all(price["source"] and price["read_date"] for price in listed)
    shown = (await running.run("prices", "list", "--vendor", "gemini")).out
    assert "gemini-2.5-pro" in shown
    assert "above 200000 tokens of input" in shown
    assert "no list price" in (await running.run("prices", "list", "--vendor", "nobody")).err


async def test_what_applies_to_a_target_is_shown_with_who_says_it(running: Up) -> None:
    shown = (await running.run("prices", "show", "alpha/alpha-large", "--json")).json()
    assert (shown["said_by"], shown["price"]["input"]) == ("set", "0.25")
    assert "0.25" in (await running.run("prices", "show", "alpha/alpha-large", "--project", "default")).out


async def test_a_price_that_nobody_said_is_told_to_be_unknown(running: Up) -> None:
    said = await running.run("prices", "show", "alpha/another")
    assert said.exit_code == 1
    assert "is not known" in said.err
