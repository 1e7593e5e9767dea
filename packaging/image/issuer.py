#!/usr/bin/env python3
"""An issuer by https on a free port of 127.0.0.1: its metadata, and the keys of a file. Prints its URL.

usage: issuer.py CERTIFICATE KEY JWKS
"""

import http.server
import json
import ssl
import sys
from pathlib import Path

certificate, key, jwks = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = f"https://127.0.0.1:{self.server.server_port}"
        documents = {
            "/.well-known/openid-configuration": json.dumps({"issuer": url, "jwks_uri": f"{url}/jwks"}).encode(),
            "/jwks": Path(jwks).read_bytes(),
        }
        document = documents.get(self.path)
        self.send_response(200 if document else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(document or b"")))
        self.end_headers()
        self.wfile.write(document or b"")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"https://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
