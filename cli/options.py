"""The options that commands share, each declared once."""

from pathlib import Path
from typing import Annotated, Optional

import typer

Url = Annotated[
    Optional[str],  # noqa: UP045 - typer shows no `| None` in its help this way
    typer.Option(
        "--url", envvar="SEAWALL_URL", help="The gateway. [default: that of `seawall up`, else http://127.0.0.1:8080]"
    ),
]
Key = Annotated[
    Optional[str],  # noqa: UP045 - as above
    typer.Option("--key", envvar="SEAWALL_KEY", help="What to authenticate with. [default: that of `seawall up`]"),
]
DataDir = Annotated[
    Path,
    typer.Option("--data-dir", envvar="SEAWALL_DATA_DIR", help="Where a running `seawall up` keeps its files."),
]
DEFAULT_DATA_DIR = Path(".seawall")
Bootstrap = Annotated[
    Optional[str],  # noqa: UP045 - as above
    typer.Option(envvar="SEAWALL_KAFKA_BOOTSTRAP", help="Kafka's addresses. [default: that of `seawall up`]"),
]
RequestId = Annotated[
    str, typer.Argument(help="As `seawall chat` and the header x-seawall-request-id tell it.", show_default=False)
]
WaitForLedger = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait for one that was answered just now.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something is destroyed.")]
AsJson = Annotated[bool, typer.Option("--json", help="Data as JSON on stdout; errors as JSON on stderr.")]
