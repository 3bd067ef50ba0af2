"""Takes Seawall's webhooks at port $PORT (8765) and believes those whose signature is right (Standard Webhooks)."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

signed = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Check the signature, then use what was sent."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = signed.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_response(401)
        else:
            # The same notification may come twice, under the same `webhook-id`.
            print(self.headers["webhook-id"], event["type"], event["data"]["summary"], flush=True)
            self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8765"))), Receiver).serve_forever()
