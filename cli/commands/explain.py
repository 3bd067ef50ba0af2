"""`seawall explain`: what happened to one request, in sentences."""

from cli.connection import connect
from cli.door import Door
from cli.ledger import absent, explain_request
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, RequestId, Url, WaitForLedger
from cli.output import command, print_json, print_steps
from cli.show import as_dict


@command
def explain(
    request_id: RequestId,
    wait: WaitForLedger = 3.0,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """What happened to a request, in sentences: why which target, what each attempt met, what it cost."""
    answer = explain_request(Door(connect(url, key, data_dir)), request_id, patience=wait)
    if answer is None:
        raise absent(request_id)
    if as_json:
        print_json(as_dict(answer))
    else:
        print_steps(answer.sentences)
