"""Profiles as other tools read them: folded stacks, and speedscope's JSON.

Sources: github.com/brendangregg/FlameGraph (stackcollapse), and
github.com/jlfwong/speedscope/blob/main/src/lib/file-format-spec.ts.
"""

import json

from chassis.profiling.profile import Profile
from cli.profiles.weights import weighed

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def folded(profile: Profile, *, idle: bool) -> str:
    """A line for each stack: thread and frames with semicolons between, a blank, microseconds."""
    return "".join(
        f"{';'.join((thread, *frames))} {round(seconds * 1e6)}\n"
        for thread, stacks in weighed(profile, idle=idle)
        for frames, seconds in stacks
    )


def speedscope(profile: Profile, *, idle: bool) -> str:
    """A file that speedscope.app opens, with a profile for each thread."""
    frames: dict[str, int] = {}
    threads = [
        {
            "type": "sampled",
            "name": f"{profile.service} {thread}",
            "unit": "seconds",
            "startValue": 0,
            "endValue": sum(seconds for _, seconds in stacks),
            "samples": [[frames.setdefault(name, len(frames)) for name in names] for names, _ in stacks],
            "weights": [seconds for _, seconds in stacks],
        }
        for thread, stacks in weighed(profile, idle=idle)
    ]
    shared = {"frames": [{"name": name} for name in frames]}
    return json.dumps({"$schema": SCHEMA, "name": profile.service, "shared": shared, "profiles": threads})
