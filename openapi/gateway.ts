import type { Operation } from './operations.ts';

/**
 * Returns the regular expression for a path of the API. A path parameter matches one path segment. An encoded slash
 * (`%2F`) does not end a segment: nginx matches the expression with `$request_uri`, in which the slash stays encoded.
 */
const pattern = (path: string): string => path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/?]+');

/**
 * Sorts operations by the number of their path parameters, so that `latest` in a path is not taken for a build's id.
 */
const bySpecificity = (a: Operation, b: Operation): number =>
  a.path.split('{').length - b.path.split('{').length || b.path.length - a.path.length;

const methods = (method: string): string => (method === 'GET' ? '(GET|HEAD)' : method);

const nginxRow = (method: string, path: string, value: string): string =>
  `  "~^${method} (/builds)?${pattern(path)}/?(\\?.*)?$" ${value};`;

/** The function that serves the web page, and the regular expression of the page's paths. */
const page = { fn: 'web', path: '/ui(/[^?]*)?' };

/** Returns the row of the page: each method, because the function itself refuses wrong ones. */
const pageRow = (value: string): string => `  "~^[A-Z]+ (/builds)?${page.path}(\\?.*)?$" ${value};`;

/**
 * Returns the routes of the API gateway for nginx: a `map` from method and path to the name of a function. `$function`
 * is empty for a path that no operation has. A request with a wrong method for its path is routed to a function of that
 * path, which responds with the allowed methods.
 * @see https://nginx.org/en/docs/http/ngx_http_map_module.html
 */
export const gatewayRoutes = (operations: Operation[], notice: string): string => {
  const sorted = [...operations].sort(bySpecificity);
  const rows = sorted.map(({ method, path, fn }) => nginxRow(methods(method), path, fn));
  const ids = sorted.map(({ method, path, id }) => nginxRow(methods(method), path, id));
  const paths = sorted.filter(({ path }, at) => sorted.findIndex((other) => other.path === path) === at);
  const others = paths.map(({ path, fn }) => nginxRow('[A-Z]+', path, fn));
  const functions = [...new Set(sorted.filter(({ open }) => open).map(({ fn }) => `  ${fn} 1;`))];
  const map = (from: string, to: string, lines: string[]) =>
    `map ${from} ${to} {\n  default "";\n${lines.join('\n')}\n}\n`;
  return [
    `${notice}\n`,
    map('"$request_method $request_uri"', '$function', [...rows, ...others, pageRow(page.fn)]),
    '# The operationId of a request, for its metrics. Requests for the page count as `page`.\n',
    map('"$request_method $request_uri"', '$operation', [...ids, pageRow('page')]),
    '# Functions that serve requests without authentication.\n',
    map('$function', '$open', [...functions, `  ${page.fn} 1;`]),
  ].join('');
};

/** A route of the Kubernetes Gateway API: requests of one operation, and the function that they are for. */
export type HttpRoute = { name: string; method: string; path: string; function: string };

/**
 * Returns the routes for the Kubernetes Gateway API: one for each operation, and those of the page. The path is a regular expression.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export const httpRoutes = (operations: Operation[]): HttpRoute[] =>
  [...operations]
    .sort(bySpecificity)
    .map(({ id, method, path, fn }) => ({
      name: id,
      method,
      path: `(/builds)?${pattern(path)}/?`,
      function: fn,
    }))
    .concat([
      { name: 'page', method: 'GET', path: `(/builds)?${page.path.replace('[^?]', '.')}`, function: page.fn },
      { name: 'page-session', method: 'POST', path: '(/builds)?/ui/session/[a-z-]+', function: page.fn },
    ]);
