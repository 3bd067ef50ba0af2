"""How Bedrock's Converse is asked and answers, as a VendorGrammar."""

from services.providers.adapters.bedrock.replies import ReplyReader, read_reply
from services.providers.adapters.bedrock.write_request import write_request
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Reply


class BedrockGrammar:
    """See VendorGrammar. Callers' `extra` fields that are in `write_request.OWN` are written as they are."""

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """See VendorGrammar."""
        return write_request(conversation, model, stream=stream, prefix=prefix, losses=losses)

    def read_answer(self, body: bytes) -> Reply:
        """See VendorGrammar."""
        return read_reply(body)

    def reader(self) -> ReplyReader:
        """See VendorGrammar."""
        return ReplyReader()
