"""What the URL of a vendor, or of a proxy on the way to one, may be."""

from chassis.http_url import HttpUrl

MAX_URL = 2048


def check_url(text: str) -> str:
    """`text`, if it is an http or https URL without credentials, query and fragment. Raises ValueError."""
    if len(text) > MAX_URL:
        raise ValueError(f"must be at most {MAX_URL} characters")
    url = HttpUrl.read(text)
    if "@" in text.removesuffix(url.rest):
        raise ValueError("must not hold credentials; they are given by references")
    if "?" in url.rest or "#" in url.rest:
        raise ValueError("must have no query and no fragment")
    return text
