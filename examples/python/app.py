"""A web application on Python's standard library alone."""
import json
import os
import platform
from wsgiref.simple_server import make_server

PAGE = """<!doctype html>
<html lang="en">
<title>Hello from Python</title>
<h1>Hello from Python</h1>
<p>This page was built from a git repository. It runs on Python {version}.</p>
</html>
"""


def application(environ, start_response):
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"status": "OK"}).encode()]
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [PAGE.format(version=platform.python_version()).encode()]


if __name__ == "__main__":
    port = int(os.environ.get("PORT") or 8000)
    with make_server("", port, application) as server:
        print(f"Listening on port {port}", flush=True)
        server.serve_forever()
