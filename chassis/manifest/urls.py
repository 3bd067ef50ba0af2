"""What the URL of a vendor, or of a proxy on the way to one, may be."""

from urllib.parse import urlsplit

MAX_URL = 2048


def check_url(text: str) -> str:
    """`text`, if it is an absolute http or https URL of a host, without credentials. Raises ValueError."""
    if len(text) > MAX_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"must be at most {MAX_URL} printable ASCII characters without spaces")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("is not a URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("must be an absolute http or https URL")
    if "@" in parts.netloc:
        raise ValueError("must not hold credentials; they are given by references")
    if "?" in text or "#" in text:
        raise ValueError("must have no query and no fragment")
    return text
