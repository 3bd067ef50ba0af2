# One image a service: docker build --build-arg SERVICE=gateway -t seawall/gateway .
FROM python:3.11-slim-bookworm AS build
ARG SERVICE
# Beside the service's own, with blanks between: SERVICE=providers EXTRAS=long-tail
ARG EXTRAS=""
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# Dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN test -n "$SERVICE" && uv sync --locked --no-dev $(printf -- '--extra %s ' $SERVICE $EXTRAS) --no-install-project
COPY gen gen
COPY resilience resilience
COPY events events
COPY chassis chassis
COPY services services
COPY cli cli
COPY simulator simulator
RUN uv sync --locked --no-dev $(printf -- '--extra %s ' $SERVICE $EXTRAS) --no-editable

FROM python:3.11-slim-bookworm
ARG SERVICE
LABEL org.opencontainers.image.title="seawall-${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --no-create-home seawall && install -d -o seawall -g seawall /var/lib/seawall
COPY --from=build /app/.venv /app/.venv
# The hop's address is read by providers alone, as is its port below.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONNODEBUGRANGES=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SEAWALL_SERVICE=${SERVICE} \
    SEAWALL_HTTP_ADDRESS=0.0.0.0:8080 \
    SEAWALL_GRPC_ADDRESS=0.0.0.0:50051 \
    SEAWALL_HOP_ADDRESS=0.0.0.0:50061 \
    SEAWALL_DATA_DIR=/var/lib/seawall
WORKDIR /var/lib/seawall
USER 10001
VOLUME /var/lib/seawall
EXPOSE 8080 50051 50061
CMD ["sh", "-c", "exec python -m services.$SEAWALL_SERVICE"]
