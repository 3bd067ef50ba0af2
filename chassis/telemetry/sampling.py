"""The sampler of traces that begin here, where their head may have decided already."""

from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, SamplingResult, TraceIdRatioBased

from chassis.tracecontext import is_chosen


class HeadSampler(TraceIdRatioBased):
    """Samples `rate` of traces, and each one that a Head has chosen: nobody is drawn for twice."""

    def should_sample(self, parent_context: Context | None, *args: Any, **kwargs: Any) -> SamplingResult:
        """See Sampler."""
        decide = ALWAYS_ON.should_sample if is_chosen(parent_context) else super().should_sample
        return decide(parent_context, *args, **kwargs)
