"""Serves one page on the port that the Procfile passes."""
import argparse
from http.server import BaseHTTPRequestHandler, HTTPServer

PAGE = b"<!doctype html><title>Hello from a Procfile</title><h1>Hello from a Procfile</h1>\n"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
port = parser.parse_args().port
print(f"Listening on port {port}", flush=True)
HTTPServer(("", port), Handler).serve_forever()
