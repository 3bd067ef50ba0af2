"""The `seawall` command: every command by its name."""

import typer

from cli.commands import (
    alerts,
    apply,
    chaos,
    chat,
    dlq,
    doctor,
    events,
    explain,
    keys,
    prices,
    profile,
    requests,
    status,
    targets,
    up,
)

app = typer.Typer(
    name="seawall",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keeps applications answered when AI providers are slow, limited, wrong or down.",
    epilog="Exit codes: 0 done, 1 failed, 2 used wrongly, 4 not authenticated. Every command has --json.",
)
app.command()(up.up)
app.command()(chat.chat)
app.command()(status.status)
app.command()(doctor.doctor)
app.command()(apply.apply)
app.command()(targets.targets)
app.command()(explain.explain)
app.command()(profile.profile)
app.add_typer(requests.app, name="requests")
app.add_typer(alerts.app, name="alerts")
app.add_typer(keys.app, name="keys")
app.add_typer(prices.app, name="prices")
app.add_typer(events.app, name="events")
app.add_typer(chaos.app, name="chaos")
app.add_typer(dlq.app, name="dlq")


def main() -> None:
    """Run the command that the arguments name."""
    app()


if __name__ == "__main__":
    main()
