/** Returns a program that serves the value of a Python expression on $PORT. */
export const serving = (expression: string, imports = ''): string => `${imports}
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(${expression}).encode())
    def log_message(self, *words):
        pass
http.server.HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`;

/** Returns a pyproject.toml of an application. */
export const project = (more = ''): string =>
  `[project]\nname = "application"\nversion = "0.1.0"\nrequires-python = ">=3.10"\n${more}`;

/** The part of pyproject.toml that makes setuptools build the package. */
export const setuptools = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
