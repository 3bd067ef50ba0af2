"""All that gateways keep together, by one name: imported where there is a Redis alone, for its client takes 23 MB."""

from services.gateway.adapters.redis_answers import RedisAnswers
from services.gateway.adapters.redis_keys import RedisKeys
from services.gateway.adapters.redis_limiter import RedisLimiter
from services.gateway.adapters.redis_link import RedisLink
from services.gateway.adapters.redis_responses import RedisResponses

__all__ = ["RedisAnswers", "RedisKeys", "RedisLimiter", "RedisLink", "RedisResponses"]
