import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Listener } from '../lib/http/types.ts';
import { notFound } from './routes.ts';

/** Path of the page that shows the API's contract. */
const root = '/docs/';

const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Toolforge builds: the API</title>
    <link rel="icon" href="favicon-32x32.png">
    <link rel="stylesheet" href="swagger-ui.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="page.js"></script>
  </body>
</html>
`;

/** The page's own script. Without `validatorUrl: null` the page would send the contract's address to another host. */
const script = `SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#page',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  requestSnippetsEnabled: true,
  validatorUrl: null,
});
`;

/**
 * Security: the page loads and requests nothing from another host, runs no script but those of its own files, and no other
 * page can frame it. The stylesheet has pictures in `data:` URLs.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Content = { type: string; body: string | Buffer };

const javascript = 'text/javascript; charset=utf-8';
const require = createRequire(import.meta.url);
const fromPackage = (name: string) => readFile(join(dirname(require.resolve('swagger-ui-dist/package.json')), name));

/** The files of the page by their paths below the page's own path. */
const files = new Map<string, () => Promise<Content>>([
  ['', async () => ({ type: 'text/html; charset=utf-8', body: html })],
  ['page.js', async () => ({ type: javascript, body: script })],
  ['swagger-ui-bundle.js', async () => ({ type: javascript, body: await fromPackage('swagger-ui-bundle.js') })],
  ['swagger-ui.css', async () => ({ type: 'text/css; charset=utf-8', body: await fromPackage('swagger-ui.css') })],
  ['favicon-32x32.png', async () => ({ type: 'image/png', body: await fromPackage('favicon-32x32.png') })],
]);

/**
 * Serves a page at /docs/ that shows the API's contract, and sends requests to the API of the same host where its reader
 * asks for that.
 */
export const apiPage: Listener = async (req, res) => {
  const { pathname } = new URL(req.url ?? '/', 'http://localhost');
  if (`${pathname}/` === root) return void res.writeHead(308, { location: root }).end();
  const file = pathname.startsWith(root) ? files.get(pathname.slice(root.length)) : undefined;
  if (!file || (req.method !== 'GET' && req.method !== 'HEAD')) return notFound(req, res);
  const { type, body } = await file();
  res.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'content-security-policy': contentSecurityPolicy,
    'cache-control': 'no-cache',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  res.end(req.method === 'HEAD' ? undefined : body);
};
