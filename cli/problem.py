"""What went wrong with a command, and what the person at the terminal can do about it."""

from resilience.errors import Reason

EXIT_FAILED = 1
EXIT_AUTHENTICATION = 4
"""A usage error ends with 2, as the argument parser has it."""

_REMEDIES: dict[str, str] = {
    Reason.UNAUTHENTICATED: "Give a valid key with --key or SEAWALL_KEY; `seawall keys create` makes one.",
    Reason.PERMISSION_DENIED: "Use a key with a higher role; `seawall keys list` shows which there are.",
    Reason.MODEL_NOT_FOUND: "`seawall targets` and the manifest say what there is; name one with --model.",
    Reason.UNAVAILABLE: "Try again in a moment; `seawall doctor` says which part is away.",
    Reason.RATE_LIMITED: "Wait, then try again; the project's limit is set in the manifest.",
    Reason.VENDOR_AUTHENTICATION: "Correct the provider's keys in the manifest, then `seawall apply -f` it.",
    Reason.VENDOR_UNREACHABLE: "`seawall status` shows the targets' health; check the providers' base_url.",
    Reason.INTERNAL: "The gateway's log has the request id; please report it.",
}


class Problem(Exception):  # noqa: N818 - it is told to a person, not raised at a programmer
    """Ends a command. `code` is one of docs/errors.md, or one of the CLI's own in cli/README.md."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        request_id: str = "",
        documentation: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint or _REMEDIES.get(code, "")
        self.request_id = request_id
        self.documentation = documentation

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        return EXIT_AUTHENTICATION if self.code == Reason.UNAUTHENTICATED else EXIT_FAILED

    def as_dict(self) -> dict[str, object]:
        """As `--json` tells it."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "hint": self.hint,
                "request_id": self.request_id,
                "documentation": self.documentation,
                "exit_code": self.exit_code,
            }
        }
