"""A provider of the long tail where LiteLLM's SDK is not installed, as it is not in the tests' own environment."""

import importlib.util
from pathlib import Path

import pytest
import structlog

from resilience.errors import Reason
from simulator import Vendor
from tests.integration.providers.asking import failure
from tests.integration.providers.service import Configuration, provider, running, serving

INSTALL = "pip install 'seawall[providers,long-tail]'"
both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def test_this_environment_has_no_litellm() -> None:
    assert importlib.util.find_spec("litellm") is None


@both
async def test_its_calls_and_the_log_say_what_to_install_and_others_do_not_notice(
    alpha: Vendor, tmp_path: Path, stream: bool
) -> None:
    tail = provider("tail", "", "env:ALPHA_KEY", vendor="litellm")
    tail.sdk_vendor = "replicate"
    configuration = Configuration(tail, provider("alpha", alpha.base_url, "env:ALPHA_KEY"))
    with structlog.testing.capture_logs() as logs:
        async with serving(configuration) as address, running(address, tmp_path) as client:
            failed = await failure(client, stream=stream, name="tail", model="meta/llama-3")
            assert (await client.call()).WhichOneof("result") == "answer"
    assert (failed.reason, failed.retryable) == (Reason.VENDOR_UNREACHABLE, False)
    assert INSTALL in failed.message
    (said,) = [log for log in logs if log["event"] == "a provider cannot be called"]
    assert (said["provider"], said["log_level"]) == ("tail", "warning")
    assert INSTALL in said["cause"]
