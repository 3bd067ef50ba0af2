"""Why an answer ended: OpenAI's words and those of vendors compatible with it, as data."""

from services.providers.adapters.openai.reply_wire import Choice
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, STOP, TOOL_CALLS, Finish

FUNCTION_CALL = "function_call"
"""OpenAI's word before there were tools."""
OURS = frozenset({STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER})
WORDS = {
    FUNCTION_CALL: TOOL_CALLS,
    "eos": STOP,  # Together (docs.together.ai)
    "eos_token": STOP,  # TGI (huggingface.co/docs/text-generation-inference)
    "stop_sequence": STOP,  # TGI
    "end_turn": STOP,  # Anthropic's, as proxies pass it on
    "max_tokens": LENGTH,  # the same
    "model_length": LENGTH,  # Mistral (docs.mistral.ai)
    "error_toxic": CONTENT_FILTER,  # Cohere (docs.cohere.com)
    "sensitive": CONTENT_FILTER,  # Zhipu (docs.bigmodel.cn)
}
"""What it means where a vendor has a word of its own; any other is taken for `stop`."""


def read_finish(choice: Choice, *, called: bool) -> Finish:
    """Why `choice` ended. `called`: it calls tools, which says more than `stop`, as OpenAI has it for a named tool."""
    word = choice.finish_reason or STOP
    reason = word if word in OURS else WORDS.get(word, STOP)
    said = choice.native_finish_reason or word
    met = choice.stop_reason if isinstance(choice.stop_reason, str) else ""
    return Finish(TOOL_CALLS if called and reason == STOP else reason, met, "" if said == reason else said)


def write_finish(finish: Finish, *, functions: bool) -> dict[str, object]:
    """The fields of a choice that say it; what OpenAI has no field for is named as vLLM and OpenRouter do.

    `functions`: see Conversation.
    """
    called = functions and finish.reason == TOOL_CALLS
    fields: dict[str, object] = {"finish_reason": FUNCTION_CALL if called else finish.reason}
    if finish.stopped_by:
        fields["stop_reason"] = finish.stopped_by
    if finish.said:
        fields["native_finish_reason"] = finish.said
    return fields
