"""Serves one folder over HTTP on $PORT.

The server refuses paths with a hidden part, and links that lead to a hidden file or out of the folder.
"""
import os
import shutil
import signal
import sys
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

ROOT = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "types.txt"), encoding="utf-8") as lines:
    TYPES = {"." + line.split(" ", 1)[0]: line.split(" ", 1)[1].strip() for line in lines if " " in line}
NOT_FOUND = b"<!doctype html><title>404</title><h1>404 Not found</h1>\n"


def is_hidden(path):
    """Tells whether a path has a part that begins with a dot. Such files are often secrets, except in .well-known."""
    return any(part.startswith(".") and part != ".well-known" for part in path.split("/"))


def requested_path(url):
    """Returns the path in the URL of a request, or None when the path may not be served."""
    try:
        path = unquote(url.split("?", 1)[0].split("#", 1)[0], errors="strict")
    except UnicodeDecodeError:
        return None
    return None if is_hidden(path) or "\0" in path or "\\" in path or not path.startswith("/") else path


def find(path):
    """Returns (file, None) for a path to a file, (None, path) for a redirect, or (None, None) without a file."""
    target = os.path.realpath(os.path.join(ROOT, path.lstrip("/")))
    if target != ROOT and not target.startswith(ROOT.rstrip("/") + "/"):
        return None, None
    if is_hidden(target[len(ROOT) :]):
        return None, None
    if os.path.isdir(target):
        return find(path + "index.html") if path.endswith("/") else (None, path + "/")
    return (target, None) if os.path.isfile(target) and not path.endswith("/") else (None, None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = requested_path(self.path)
        file, redirect = (None, None) if path is None else find(path)
        if redirect:
            # A Location that starts with two slashes would redirect to another host.
            self.reply(301, {"Location": quote("/" + redirect.lstrip("/")), "Content-Length": "0"})
        elif file:
            self.send_file(200, file)
        else:
            self.not_found()

    do_HEAD = do_GET

    def not_found(self):
        page = find("/404.html")[0]
        if page:
            self.send_file(404, page)
            return
        self.reply(404, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(NOT_FOUND))})
        if self.command != "HEAD":
            self.wfile.write(NOT_FOUND)

    def send_file(self, status, file):
        with open(file, "rb") as body:
            info = os.fstat(body.fileno())
            headers = {"Last-Modified": formatdate(int(info.st_mtime), usegmt=True), "X-Content-Type-Options": "nosniff"}
            if status == 200 and self.unchanged(info):
                self.reply(304, headers)
                return
            headers["Content-Type"] = TYPES.get(os.path.splitext(file)[1].lower(), "application/octet-stream")
            headers["Content-Length"] = str(info.st_size)
            self.reply(status, headers)
            if self.command != "HEAD":
                shutil.copyfileobj(body, self.wfile)

    def unchanged(self, info):
        try:
            return parsedate_to_datetime(self.headers["If-Modified-Since"]).timestamp() >= int(info.st_mtime)
        except (TypeError, ValueError):
            return False

    def reply(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = ThreadingHTTPServer(("", int(os.environ.get("PORT") or 8000)), Handler)
print(f"Serving {sys.argv[1] if len(sys.argv) > 1 else '.'} on port {server.server_port}", flush=True)
server.serve_forever()
