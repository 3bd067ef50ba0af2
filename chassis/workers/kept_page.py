"""A worker's metrics as it showed them last, kept in its directory."""

from pathlib import Path

PAGE = "metrics.page"
_BEGINS = b"\n# HELP "
"""What each family of metrics in a page begins with."""


def keep(directory: Path, page: bytes) -> None:
    """Replace what is kept, in one step."""
    draft = directory / f"{PAGE}.new"
    draft.write_bytes(page)
    draft.replace(directory / PAGE)


def counted(directory: Path) -> bytes:
    """Of the page that is kept what only grows; how things stood with a process that is gone says nothing."""
    try:
        page = (directory / PAGE).read_bytes()
    except FileNotFoundError:
        return b""
    families = (b"\n" + page).split(_BEGINS)[1:]
    return b"".join(_BEGINS + family for family in families if _only_grows(family)).strip() + b"\n"


def forget_pages(data_dir: Path) -> None:
    """Have every worker below `data_dir` count from nothing."""
    for page in data_dir.glob(f"worker-*/{PAGE}"):
        page.unlink(missing_ok=True)


def _only_grows(family: bytes) -> bool:
    kind = family.split(b"\n", 2)[1].rsplit(b" ", 1)[-1]
    return kind in (b"counter", b"histogram", b"summary")
