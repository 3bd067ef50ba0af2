"""A Slack incoming webhook: blocks for people, and the text that their notification shows."""

import json

from events.alerts import AlertState
from services.alerts.adapters.formats.message import Message
from services.alerts.domain.delivery import TEST_TYPE, Delivery

MAX_SECTION = 3000
"""Code points in the text of a section; Slack refuses more."""
MAX_TITLE = 300
MAX_FALLBACK = 1000
"""Ours: a title and a notification that long is read by nobody."""

_ZERO_WIDTH_SPACE = "\u200b"
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": f"@{_ZERO_WIDTH_SPACE}", "`": "'", "\r": " ", "\n": " "}
"""Slack reads `<!channel>` and `<@U123>` as calls, and some clients `@everyone`; a backtick would end our quoting."""
_CUT = "…"

_SIGNS = {AlertState.OPEN: "🔴", AlertState.ACKNOWLEDGED: "🟡", AlertState.RESOLVED: "🟢"}
_WORDS = {AlertState.OPEN: "Opened", AlertState.ACKNOWLEDGED: "Acknowledged", AlertState.RESOLVED: "Resolved"}


def slack(delivery: Delivery) -> Message:
    """`delivery` as it is posted."""
    alert = delivery.body
    sign, word = ("🔵", "Test") if delivery.event_type == TEST_TYPE else (_SIGNS[alert.state], _WORDS[alert.state])
    kind = alert.kind.replace("_", " ")
    title = f"{sign} *{word}: {neutral(kind, MAX_TITLE)}* `{neutral(alert.subject, MAX_TITLE)}`"
    opened = int(alert.opened_at.timestamp())
    since = f"<!date^{opened}^{{date_short_pretty}} {{time_secs}}|{alert.opened_at:%Y-%m-%d %H:%M:%S} UTC>"
    context = f"{neutral(alert.severity, MAX_TITLE)} · since {since} · by {neutral(alert.actor, MAX_TITLE)}"
    body = {
        "text": f"{sign} {word}: {neutral(f'{kind}: {alert.summary}', MAX_FALLBACK)}",
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "section", "text": _text(title)},
            {"type": "section", "text": _text(neutral(alert.summary, MAX_SECTION))},
            {"type": "context", "elements": [_text(context)]},
        ],
    }
    return Message({"content-type": "application/json"}, json.dumps(body, ensure_ascii=False).encode())


def neutral(text: str, most: int) -> str:
    """`text` so that Slack shows it and does nothing else; at most `most` code points, never half an entity."""
    shown: list[str] = []
    length = 0
    for position, point in enumerate(text):
        harmless = _SPECIAL.get(point, point)
        rest = len(text) - position - 1
        # Room for the sign that something was cut, unless this is the end of the text.
        if length + len(harmless) + (len(_CUT) if rest else 0) > most:
            shown.append(_CUT)
            break
        shown.append(harmless)
        length += len(harmless)
    return "".join(shown)


def _text(text: str) -> dict[str, str | bool]:
    # verbatim: Slack does not look for names and addresses in it by itself.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
