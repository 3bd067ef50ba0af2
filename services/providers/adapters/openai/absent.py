"""How a vendor of OpenAI's wire format says that it, or the model, has no such endpoint: told apart as data.

The statuses are those of other failures; a 403 here says nothing of the credential. Sources: infiniflow/ragflow issue
1835 (OpenAI's 403 to embeddings), hegelai/prompttools issue 115 (its 404 to completions), vllm-project/vllm
`entrypoints/openai` and ggml-org/llama.cpp `tools/server` (the last three).
"""

import re

PHRASES = (
    b"not allowed to generate embeddings",
    b"not supported in the v1/completions endpoint",
    b"does not support Embeddings API",
    b"does not support Completions API",
    b"does not support embeddings",
)
STATUSES = frozenset({404, 405, 501})
"""Of a path at which there is nothing, where the body says nothing of a model, or of Azure's deployments of one."""

_NAMED = re.compile(rb"model|deployment", re.IGNORECASE).search


def absent(status: int, body: bytes) -> bool:
    """Whether an error says that there is no such endpoint."""
    return any(phrase in body for phrase in PHRASES) or (status in STATUSES and not _NAMED(body))
