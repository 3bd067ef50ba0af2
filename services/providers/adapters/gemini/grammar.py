"""How Gemini is asked and answers, as a VendorGrammar: the Gemini API's and Vertex AI's alike.

Sources: ai.google.dev/api/generate-content (GenerationConfig), ai.google.dev/gemini-api/docs/function-calling (modes),
ai.google.dev/gemini-api/docs/structured-output, ai.google.dev/gemini-api/docs/media-resolution.
"""

from services.providers.adapters.gemini import asked
from services.providers.adapters.gemini.contents import FILES, USER, Contents
from services.providers.adapters.gemini.models import thinking_config
from services.providers.adapters.gemini.replies import ReplyReader, read_reply
from services.providers.adapters.gemini.requests import path_of
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation, Format, Tool, ToolChoice
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Reply

MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}
STRICT = "VALIDATED"
"""As AUTO, but arguments follow their schema; with ANY they do anyway."""

RESOLUTIONS = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}
"""How closely media are looked at: one word for all of a request."""


class GeminiGrammar:
    """See VendorGrammar. `files`: how addresses of files begin that the vendor can fetch."""

    def __init__(self, *, files: tuple[str, ...] = FILES) -> None:
        self._files = files

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """See VendorGrammar."""
        contents = Contents(model, losses, files=self._files)
        for turn in conversation.turns:
            contents.add(turn)
        if not contents.said and contents.system:
            # Instructions alone are no question to Gemini.
            contents.said.append(asked.Content(contents.system, USER))
            contents.system = []
        if prefix:
            contents.go_on(prefix)
        tools = conversation.tools
        body = asked.encode(
            asked.Request(
                contents.said,
                asked.Content(contents.system) if contents.system else None,
                (asked.Tool([_declaration(tool, losses) for tool in tools]),) if tools else None,
                _tool_config(tools, conversation.tool_choice) if tools else None,
                _config(conversation, model, _resolution(contents.details, losses), losses),
            )
        )
        if conversation.parallel_tools is False and tools:
            losses.hint("parallel_tool_calls")
        if conversation.user:
            losses.hint("user")
        return VendorRequest(path_of(model, stream=stream), body, conversation.choices)

    def read_answer(self, body: bytes) -> Reply:
        """See VendorGrammar."""
        return read_reply(body)

    def reader(self) -> ReplyReader:
        """See VendorGrammar."""
        return ReplyReader()


def _declaration(tool: Tool, losses: Losses) -> asked.FunctionDeclaration:
    if tool.cache:
        losses.hint("cache_control")
    return asked.FunctionDeclaration(tool.name, tool.description or None, tool.parameters or None)


def _tool_config(tools: tuple[Tool, ...], choice: ToolChoice | None) -> asked.ToolConfig | None:
    mode = MODES[choice.mode] if choice is not None else "AUTO"
    if mode == "AUTO" and any(tool.strict for tool in tools):
        mode = STRICT
    elif choice is None:
        return None
    names = [choice.name] if choice is not None and choice.mode == "tool" else None
    return asked.ToolConfig(asked.FunctionCallingConfig(mode, names))


def _config(asks: Conversation, model: str, resolution: str | None, losses: Losses) -> asked.GenerationConfig | None:
    config = asked.GenerationConfig(
        asks.max_tokens,
        asks.temperature,
        asks.top_p,
        asks.top_k,
        asks.stop or None,
        asks.seed,
        asks.presence_penalty,
        asks.frequency_penalty,
        asks.choices if asks.choices > 1 else None,
        response_logprobs=asks.logprobs or None,
        logprobs=asks.top_logprobs if asks.logprobs else None,
        media_resolution=resolution,
        thinking_config=thinking_config(asks.thinking, model, losses) if asks.thinking is not None else None,
    )
    if asks.format is not None:
        _answer_in(asks.format, config, losses)
    return config if config != _USUAL else None


_USUAL = asked.GenerationConfig()


def _answer_in(given: Format, config: asked.GenerationConfig, losses: Losses) -> None:
    """The name of a schema is for people only."""
    config.response_mime_type = "application/json"
    if given.schema:
        config.response_json_schema = given.schema
    if given.description:
        losses.hint("response_format.json_schema.description")


def _resolution(details: set[str], losses: Losses) -> str | None:
    """What all media are to be looked at with; None where they differ, or nothing was said."""
    if len(details) == 1 and (resolution := RESOLUTIONS.get(min(details))) is not None:
        return resolution
    if details - {"", "auto"}:
        losses.hint("detail")
    return None
