// Serves one folder over HTTP on $PORT. The server refuses paths with a hidden part, and links that lead to a hidden
// file or out of the folder.
import { createReadStream, readFileSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

const root = await realpath(process.argv[2] ?? '.');
const lines = readFileSync(new URL('./types.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const types = new Map(lines.map((line) => [`.${line.slice(0, line.indexOf(' '))}`, line.slice(line.indexOf(' ') + 1)]));

/** Tells whether a path has a part that begins with a dot. Such files are often secrets, except in .well-known. */
const isHidden = (path) => path.split('/').some((part) => part.startsWith('.') && part !== '.well-known');

/** Returns the path in the URL of a request, or undefined when the path may not be served. */
const requestedPath = (url) => {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/s, ''));
    return isHidden(path) || /[\0\\]/.test(path) || !path.startsWith('/') ? undefined : path;
  } catch {
    return undefined;
  }
};

/** Returns the file to send for a path, with the file's size; undefined when there is no file. */
const find = async (path) => {
  const name = join(root, path);
  const target = await realpath(name).catch(() => undefined);
  if (target === undefined || (target !== root && !target.startsWith(root + sep))) return undefined;
  if (isHidden(target.slice(root.length))) return undefined;
  const info = await stat(target);
  if (info.isDirectory()) return path.endsWith('/') ? find(`${path}index.html`) : { redirect: `${path}/` };
  return info.isFile() && !path.endsWith('/') ? { file: target, info } : undefined;
};

const notFound = async (request, response) => {
  const page = await find('/404.html');
  const body = page?.file
    ? await readFile(page.file)
    : Buffer.from('<!doctype html><title>404</title><h1>404 Not found</h1>\n');
  response.writeHead(404, { 'content-type': 'text/html; charset=utf-8', 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
};

const send = (request, response, { file, info }) => {
  const modified = new Date(Math.floor(info.mtimeMs / 1000) * 1000);
  const headers = { 'last-modified': modified.toUTCString(), 'x-content-type-options': 'nosniff' };
  if (Date.parse(request.headers['if-modified-since'] ?? '') >= modified.getTime()) {
    response.writeHead(304, headers).end();
    return undefined;
  }
  const type = types.get(extname(file).toLowerCase()) ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': info.size });
  if (request.method === 'HEAD' || info.size === 0) return response.end();
  return pipeline(createReadStream(file, { end: info.size - 1 }), response);
};

const answer = async (request, response) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end();
    return;
  }
  const path = requestedPath(request.url ?? '/');
  const found = path === undefined ? undefined : await find(path);
  if (found?.redirect) {
    // A Location that starts with two slashes would redirect to another host.
    const location = encodeURI(found.redirect.replace(/^\/+/, '/'));
    response.writeHead(301, { location, 'content-length': 0 }).end();
  } else if (found) await send(request, response, found);
  else await notFound(request, response);
};

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
// biome-ignore lint/style/noProcessEnv: the static server has no settings module, and PORT is its only setting
server.listen(Number(process.env.PORT || 8000), () =>
  console.log(`Serving ${process.argv[2] ?? '.'} on port ${server.address().port}`),
);
