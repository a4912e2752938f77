import type { Files } from './git-pod.ts';

/**
 * Returns a Python application with assets of Node.js, whose page has the versions of rhash while building and running, and
 * the output of the program hello. @param more the files besides, with an Aptfile and what installs hello
 */
export const aptProject = (more: Files): Files => ({
  'requirements.txt': '# none\n',
  'package.json': JSON.stringify({ name: 'x', scripts: { build: 'rhash --version >built.txt' } }),
  Procfile: 'web: python3 server.py\n',
  'server.py': `import http.server, os, subprocess
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(open("built.txt", "rb").read())
        for command in ["/layers/fagiani_apt/apt/usr/bin/rhash", "--version"], ["hello"]:
            self.wfile.write(subprocess.check_output(command))
http.server.HTTPServer(("", int(os.environ["PORT"])), Page).serve_forever()
`,
  ...more,
});

/** The lines of the page, as patterns. */
export const aptPage = [/^RHash v/, /^RHash v/, /^Hello, world!$/, /^$/];
