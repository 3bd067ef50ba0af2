"""A flame graph as an SVG by itself: no script, no font, no address; what a box is tells its title, shown on hover.

A box stands on its caller's and is as wide as the time that was spent in it and in what it called.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from chassis.profiling.profile import Profile
from cli.profiles.weights import weighed

WIDTH = 1400
ROW = 17
MARGIN = 8
HEAD = 34
LETTER = 6.6
"""Pixels that a letter takes."""
NARROWEST = 0.3
"""Pixels below which a box is left out, and all that stands on it."""

_OURS = ("services.", "chassis.", "resilience.", "events.", "cli.")
_COLOURS = {True: ("#f4a259", "#f28f3b", "#f6b26b", "#e9883a"), False: ("#b8c4d0", "#a9b8c6", "#c5cfd9", "#9fb0c0")}


@dataclass(slots=True)
class Node:
    """A function as it was called from one stack. `seconds`: with what it called."""

    name: str
    seconds: float = 0.0
    called: dict[str, "Node"] = field(default_factory=dict)

    def add(self, frames: tuple[str, ...], seconds: float) -> None:
        """Count a stack that begins here."""
        node = self
        node.seconds += seconds
        for frame in frames:
            node = node.called.setdefault(frame, Node(frame))
            node.seconds += seconds

    def depth(self) -> int:
        """Rows that it takes."""
        return 1 + max((node.depth() for node in self.called.values()), default=0)


def tree(profile: Profile, *, idle: bool) -> Node:
    """All stacks of all threads, those that begin alike put together."""
    root = Node(profile.service)
    for thread, stacks in weighed(profile, idle=idle):
        for frames, seconds in stacks:
            root.add((thread, *frames), seconds)
    return root


def flame_graph(profile: Profile, *, idle: bool) -> str:
    """The picture."""
    root = tree(profile, idle=idle)
    height = HEAD + root.depth() * ROW + MARGIN
    what = "of CPU and of waiting" if idle else "of CPU"
    title = f"{profile.service}: {root.seconds:.3f} s {what} in {profile.seconds:.1f} s, {profile.samples} samples"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">',
            '<rect width="100%" height="100%" fill="#fffdf8"/>',
            f'<text x="{MARGIN}" y="20" font-size="14">{escape(title)}</text>',
            *(_boxes(root, MARGIN, height - MARGIN - ROW, (WIDTH - 2 * MARGIN) / (root.seconds or 1.0), root.seconds)),
            "</svg>\n",
        )
    )


def _boxes(node: Node, left: float, top: float, scale: float, total: float) -> Iterator[str]:
    """`node` and all that stands on it. `scale`: pixels a second; `total`: seconds of all."""
    width = node.seconds * scale
    if width < NARROWEST:
        return
    ours = node.name.startswith(_OURS)
    colour = _COLOURS[ours][sum(node.name.encode()) % 4]
    share = 100 * node.seconds / (total or 1.0)
    label = escape(_short(node.name, int((width - 4) / LETTER)))
    yield (
        f"<g><title>{escape(node.name)}: {node.seconds * 1000:.1f} ms, {share:.1f} %</title>"
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 1}" rx="1" fill="{colour}"/>'
        f'<text x="{left + 2:.1f}" y="{top + 12}">{label}</text></g>'
    )
    for called in sorted(node.called.values(), key=lambda one: one.name):
        yield from _boxes(called, left, top - ROW, scale, total)
        left += called.seconds * scale


def _short(name: str, room: int) -> str:
    """The name's end, which says most, in `room` letters; nothing where that is too little."""
    if len(name) <= room:
        return name
    return f"…{name[-(room - 1) :]}" if room > 3 else ""  # noqa: PLR2004 - letters that say something
