"""Where an answer that broke off is gone on with by a vendor that was not told the white space at its end."""


def left_out(prefix: str) -> str:
    """The white space at the end of `prefix`: vendors refuse a begun answer that ends so."""
    return prefix[len(prefix.rstrip()) :]


class Seam:
    """Joins the rest of one answer to its beginning, whose white space at the end, `left`, its vendor was not told.

    The caller has it: what the vendor says of it again is left out.
    """

    def __init__(self, left: str) -> None:
        self._left = left
        self._waiting = ""

    def joined(self, text: str) -> str:
        """What comes after, given the next piece of the rest. White space alone waits for what follows it."""
        if not self._left:
            return text
        text = self._waiting + text
        if not text.strip() and len(text) < len(self._left):
            self._waiting = text
            return ""
        left, self._left, self._waiting = self._left, "", ""
        return next((text[size:] for size in range(len(left), 0, -1) if left.endswith(text[:size])), text)
