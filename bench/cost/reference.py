"""nginx as a reverse proxy with kept connections: what every figure is compared with, on any machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.cost.party import Party
from bench.cost.tools import required
from bench.processes import listening, spawned
from cli.embedded.ports import DEFAULT_RANGE, free_ports, port_range

_CONFIGURATION = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_max_body_size 64m;
    client_body_buffer_size 1m;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    upstream vendor {{ server {upstream}; keepalive 1024; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://vendor;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


@asynccontextmanager
async def nginx(upstream: Party, directory: Path) -> AsyncIterator[Party]:
    """One in front of `upstream`. `directory`: for its files."""
    program = required("nginx")
    [port] = free_ports(1, port_range(DEFAULT_RANGE))
    file = directory / "nginx.conf"
    file.write_text(_CONFIGURATION.format(directory=directory, upstream=urlsplit(upstream.url).netloc, port=port))
    async with spawned(program, "-e", "stderr", "-p", str(directory), "-c", str(file)) as process:
        await listening(port)
        yield Party(f"http://127.0.0.1:{port}", {"nginx": process.pid})
