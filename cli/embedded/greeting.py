"""What `up` says when it is ready: where everything is, and three ways to use it that work as pasted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from rich.markup import escape

from cli.output import print_text, say


@dataclass(frozen=True)
class Running:
    """A running Seawall; also the content of up.json and, without the token, the line of `up --json`."""

    url: str
    grpc: str
    kafka: str
    simulator: str
    """URL of the simulated vendors' control; empty where the vendors are real."""
    key: str
    """Empty where the manifest's keys are not in the environment."""
    model: str
    """One that callers may ask for."""
    manifest: str
    data_dir: str
    services: Mapping[str, str]
    """URL of each service's own pages."""
    token: str = field(repr=False)
    """What the services show each other."""

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)

    def told(self) -> dict[str, object]:
        """What anybody may see who sees the terminal."""
        return {name: value for name, value in self.as_dict().items() if name != "token"}


def greet(running: Running, seconds: float) -> None:
    """The addresses and examples on stdout, the rest on stderr."""
    key = running.key or "YOUR_KEY"
    say(f"[bold green]Seawall is ready[/] after {seconds:.1f} s; Ctrl-C stops it.\n")
    for label, value in (
        ("HTTP", running.url),
        ("gRPC", running.grpc),
        ("Kafka", running.kafka),
        ("Simulator", running.simulator),
        ("Key", running.key),
        ("Manifest", running.manifest),
        ("Logs", f"{running.data_dir}/logs"),
    ):
        if value:
            print_text(f"{label + ':':<11}{value}")
    print_text(
        f"""
Ask it:

  curl {running.url}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -d '{{"model": "{running.model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'

or in Python:

  from openai import OpenAI
  client = OpenAI(base_url="{running.url}/v1", api_key="{key}")
  print(client.chat.completions.create(model="{running.model}", messages=[{{"role": "user", "content": "Hello"}}]))
"""
    )
    say(
        f"or in another terminal: [bold]seawall chat --model {escape(running.model)} hello[/], "
        "[bold]seawall status[/], [bold]seawall events tail[/]\n"
    )
