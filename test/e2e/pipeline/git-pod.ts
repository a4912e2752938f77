import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { eventually, type Namespace, setting, waitTimeout } from './cluster.ts';

/** Files of a repository: content by path. A content that begins with `-> ` is the target of a symbolic link. */
export type Files = Record<string, string>;
export type GitServer = {
  /** Makes a git repository with one commit on the branch main. @returns its URL and the commit's hash */
  commit: (name: string, files: Files) => Promise<{ url: string; commit: string }>;
  /** Adds a commit to the branch main of a repository. @returns the commit's hash */
  amend: (name: string, files: Files) => Promise<string>;
  /** Copies a bare repository of this machine to the server, under the folder's own name. @returns its URL */
  copy: (folder: string) => Promise<string>;
  url: (name: string) => string;
  /** Returns the page at a URL, requested from the pod of the git server. */
  fetch: (url: string) => Promise<string>;
};

/** A Python server that serves the repositories in /repositories with git's own CGI program. */
const server = `
import http.server, os, subprocess
class Handler(http.server.BaseHTTPRequestHandler):
    def respond(self):
        path, _, query = self.path.partition('?')
        if path.startswith('/redirect/'):
            self.send_response(302)
            self.send_header('Location', self.path.replace('/redirect/', '/', 1))
            self.end_headers()
            return
        # A server that knows only git's first protocol gives out no commit by its hash, unless a ref names it.
        old = path.startswith('/old/')
        if old: path = path[4:]
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        cgi = dict(GIT_PROJECT_ROOT='/repositories', GIT_HTTP_EXPORT_ALL='1', PATH_INFO=path, QUERY_STRING=query,
            REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get('Content-Type', ''), CONTENT_LENGTH=str(len(body)),
            HTTP_CONTENT_ENCODING=self.headers.get('Content-Encoding', ''), GIT_PROTOCOL='' if old else self.headers.get('Git-Protocol', ''),
            GIT_CONFIG_COUNT='1', GIT_CONFIG_KEY_0='safe.directory', GIT_CONFIG_VALUE_0='*', PATH=os.environ['PATH'])
        out = subprocess.run(['git', 'http-backend'], input=body, env=cgi, stdout=subprocess.PIPE).stdout
        head, _, rest = out.partition(b'\\r\\n\\r\\n')
        fields = [line.split(': ', 1) for line in head.decode().split('\\r\\n')]
        self.send_response(int(next((value.split()[0] for name, value in fields if name == 'Status'), 200)))
        for name, value in fields:
            if name != 'Status': self.send_header(name, value)
        self.end_headers()
        self.wfile.write(rest)
    do_GET = do_POST = respond
http.server.ThreadingHTTPServer(('', 8080), Handler).serve_forever()
`;

const commitScript = `set -e
cd /repositories
git init --quiet --bare --initial-branch=main "$1.git" 2>/dev/null
work=$(mktemp -d)
export GIT_DIR=/repositories/$1.git GIT_WORK_TREE=$work
tar -xf - -C "$work"
cd "$work"
git add --all --force
git -c user.name=Test -c user.email=test@example.org commit --quiet --message "$1"
git rev-parse HEAD`;

const pod = (image: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'git', labels: { app: 'git' } },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'git',
        image,
        command: ['python3', '-u', '-c', server],
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        // Without a request the pod would get next to no processor time beside builds.
        resources: { requests: { cpu: '100m' } },
        volumeMounts: [{ name: 'repositories', mountPath: '/repositories' }],
      },
    ],
    volumes: [{ name: 'repositories', emptyDir: {} }],
  },
});

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'git' },
  spec: { selector: { app: 'git' }, ports: [{ port: 80, targetPort: 8080 }] },
};

const archive = async (files: Files): Promise<Buffer> => {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) {
    if (content.startsWith('-> ')) tar.entry({ name, type: 'symlink', linkname: content.slice(3) });
    else tar.entry({ name }, content);
  }
  tar.finalize();
  return buffer(tar);
};

/**
 * Fetches a page from a pod. The status follows the page, because a loaded API server can close the connection of
 * `kubectl exec` before it has passed on the output of a program that ended with exit code 0.
 * @throws Error when the output is not whole, or the status is not 200
 */
const fetchPage = async (exec: (words: string[]) => Promise<string>, address: string): Promise<string> => {
  // curl waits until a server has started, because each `kubectl exec` costs a tenth of a second of processor time.
  const patience = ['--retry', '30', '--retry-delay', '1', '--retry-connrefused', '--max-time', '60'];
  const options = ['--silent', '--show-error', '--fail', ...patience, '--write-out', '\\n%{http_code}'];
  const [, page, status] = /^(.*)\n(\d{3})$/s.exec(await exec(['curl', ...options, address])) ?? [];
  if (page === undefined || status !== '200') throw new Error(`${address} gave no whole page: ${status}`);
  return page;
};

/** Starts a git server in a namespace. The server's pod runs the builder image, which contains git. */
export const startGitServer = async (namespace: Namespace): Promise<GitServer> => {
  await namespace.apply(pod(setting('BUILDER')), service);
  await namespace.kubectl(['wait', '--for=condition=Ready', 'pod/git', waitTimeout]);
  const url = (name: string) => `http://git.${namespace.name}.svc/${name}.git`;
  const exec = (words: string[], input?: Buffer) => namespace.kubectl(['exec', '-i', 'git', '--', ...words], input);
  const amend = async (name: string, files: Files) =>
    (await exec(['bash', '-c', commitScript, 'commit', name], await archive(files))).trim();
  return {
    url,
    amend,
    copy: async (folder) => {
      const name = basename(folder, '.git');
      const { stdout } = await promisify(execFile)('tar', ['-cf', '-', '-C', dirname(folder), basename(folder)], {
        encoding: 'buffer',
        maxBuffer: 64 * 1024 ** 2,
      });
      await exec(['tar', '-xf', '-', '--no-same-owner', '-C', '/repositories'], stdout);
      return url(name);
    },
    commit: async (name, files) => ({ url: url(name), commit: await amend(name, files) }),
    fetch: (address) => eventually(() => fetchPage(exec, address)),
  };
};

/** Returns the files of an example application in the folder examples/. */
export const example = async (name: string): Promise<Files> => {
  const folder = join(import.meta.dirname, '../../../examples', name);
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')]);
  return Object.fromEntries(await Promise.all(pairs));
};
