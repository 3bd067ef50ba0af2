"""What can be asked of one vendor."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from pydantic import BaseModel, ConfigDict

from simulator.access import Access
from simulator.behaviour import Behaviour
from simulator.control.asked import Asked, RefusedError
from simulator.recorder import Call
from simulator.scripts import Script, UnknownVendorError
from simulator.vendor import DialectName, Vendor

DEFAULT_CALLS = 100
MAX_CALLS = 10_000
MAX_SECONDS = 86_400.0
_LIMIT = re.compile("[1-9][0-9]{0,4}")

JSONObject = dict[str, object]
Action = Callable[[Vendor, Asked], Awaitable[JSONObject]]


class _Dialect(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dialect: DialectName


def describe(vendor: Vendor) -> JSONObject:
    """Return a vendor's state as JSON-able values."""
    default, by_model = vendor.behaviours()
    script = vendor.script()
    return {
        "name": vendor.name,
        "dialect": vendor.dialect,
        "base_url": vendor.base_url,
        "up": vendor.is_up,
        "counters": vendor.counters(),
        "access": {
            "keys": None if vendor.access.keys is None else len(vendor.access.keys),
            "models": vendor.access.models,
        },
        "behaviour": default.model_dump(mode="json"),
        "models": {model: behaviour.model_dump(mode="json") for model, behaviour in by_model.items()},
        "script": None if script is None else {key: value for key, value in script.items() if key != "script"},
    }


async def _describe(vendor: Vendor, _: Asked) -> JSONObject:
    return describe(vendor)


async def _set_behaviour(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.set(asked.model, asked.parsed(Behaviour), seconds=_seconds(asked.option("for", "")))
    return describe(vendor)


async def _clear_behaviour(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.clear(asked.model)
    return describe(vendor)


async def _set_access(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.access = asked.parsed(Access)
    return describe(vendor)


async def _set_dialect(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.dialect = asked.parsed(_Dialect).dialect
    return describe(vendor)


async def _down(vendor: Vendor, _: Asked) -> JSONObject:
    await vendor.down()
    return describe(vendor)


async def _up(vendor: Vendor, _: Asked) -> JSONObject:
    try:
        await vendor.up()
    except OSError as problem:
        raise _cannot_listen(vendor, problem) from None
    return describe(vendor)


async def _heal(vendor: Vendor, _: Asked) -> JSONObject:
    try:
        await vendor.heal()
    except OSError as problem:
        raise _cannot_listen(vendor, problem) from None
    return describe(vendor)


async def _play(vendor: Vendor, asked: Asked) -> JSONObject:
    try:
        await vendor.play(asked.parsed(Script))
    except UnknownVendorError as unknown:
        raise RefusedError(400, str(unknown), unknown.field) from None
    return await _script(vendor, asked)


async def _script(vendor: Vendor, _: Asked) -> JSONObject:
    script = vendor.script()
    if script is None:
        raise RefusedError(404, f"no script was played for {vendor.name}")
    return script


async def _stop_script(vendor: Vendor, _: Asked) -> JSONObject:
    await vendor.stop_script()
    return describe(vendor)


async def _list_calls(vendor: Vendor, asked: Asked) -> JSONObject:
    given = asked.option("limit", str(DEFAULT_CALLS))
    if not _LIMIT.fullmatch(given) or int(given) > MAX_CALLS:
        raise RefusedError(400, f"limit must be a whole number from 1 to {MAX_CALLS}, not {given!r}", "limit")
    return {"calls": [_call(call) for call in vendor.recorder.latest(int(given))]}


async def _forget_calls(vendor: Vendor, _: Asked) -> JSONObject:
    vendor.recorder.forget()
    return describe(vendor)


_BEHAVIOUR: Mapping[str, Action] = {"PUT": _set_behaviour, "DELETE": _clear_behaviour}
ROUTES: tuple[tuple[re.Pattern[str], Mapping[str, Action]], ...] = (
    (re.compile(r"/vendors/(?P<vendor>[^/]+)"), {"GET": _describe}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/behaviour"), _BEHAVIOUR),
    # A model's name may hold slashes.
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/models/(?P<model>.+)/behaviour"), _BEHAVIOUR),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/access"), {"PUT": _set_access}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/dialect"), {"PUT": _set_dialect}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/down"), {"POST": _down}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/up"), {"POST": _up}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/heal"), {"POST": _heal}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/script"), {"PUT": _play, "GET": _script, "DELETE": _stop_script}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/calls"), {"GET": _list_calls, "DELETE": _forget_calls}),
)


def _cannot_listen(vendor: Vendor, problem: OSError) -> RefusedError:
    return RefusedError(409, f"{vendor.name} cannot listen: {problem}")


def _seconds(given: str) -> float | None:
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MAX_SECONDS:
        raise RefusedError(400, f"for must be a number of seconds, up to {MAX_SECONDS:g}, not {given!r}", "for")
    return seconds


def _call(call: Call) -> JSONObject:
    shown: JSONObject = msgspec.to_builtins(call)
    if call.body is not None:
        try:
            shown["body"] = msgspec.json.decode(call.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            shown["body"] = call.body.decode("utf-8", "replace")
    return shown
