import type { Operation } from './operations.ts';

/** One parameter is one path segment; `%2F` stays inside it, as nginx matches `$uri` decoded but `$request_uri` not. */
const pattern = (path: string): string => path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/?]+');

/** Fixed segments before variable ones, so that `latest` is not taken for an id. */
const bySpecificity = (a: Operation, b: Operation): number =>
  a.path.split('{').length - b.path.split('{').length || b.path.length - a.path.length;

const methods = (method: string): string => (method === 'GET' ? '(GET|HEAD)' : method);

const nginxRow = (method: string, { path, fn }: Operation): string =>
  `  "~^${method} (/builds)?${pattern(path)}/?(\\?.*)?$" ${fn};`;

/**
 * nginx: a `map` from method and path to the function that serves them. `$function` is empty where there is none. A
 * path with another method goes to one of the path's functions, which says which methods there are.
 * @see https://nginx.org/en/docs/http/ngx_http_map_module.html
 */
export const gatewayRoutes = (operations: Operation[], notice: string): string => {
  const sorted = [...operations].sort(bySpecificity);
  const rows = sorted.map((operation) => nginxRow(methods(operation.method), operation));
  const paths = sorted.filter(({ path }, at) => sorted.findIndex((other) => other.path === path) === at);
  const others = paths.map((operation) => nginxRow('[A-Z]+', operation));
  const functions = [...new Set(sorted.filter(({ open }) => open).map(({ fn }) => `  ${fn} 1;`))];
  const map = (from: string, to: string, lines: string[]) =>
    `map ${from} ${to} {\n  default "";\n${lines.join('\n')}\n}\n`;
  return [
    `${notice}\n`,
    map('"$request_method $request_uri"', '$function', [...rows, ...others]),
    '# Functions that anybody may call.\n',
    map('$function', '$open', functions),
  ].join('');
};

const routeRule = (host: string) => ({
  filters: [{ type: 'URLRewrite', urlRewrite: { hostname: host } }],
  // By the host's name Kourier finds the function, whichever namespace that is in.
  backendRefs: [{ name: 'kourier-internal', namespace: 'kourier-system', port: 80 }],
});

const httpRoute = (operation: Operation, namespace: string): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: operation.id, namespace },
  spec: {
    parentRefs: [{ name: 'builds' }],
    rules: [
      {
        matches: [
          {
            method: operation.method,
            path: { type: 'RegularExpression', value: `(/builds)?${pattern(operation.path)}/?` },
          },
        ],
        ...routeRule(`${operation.fn}.${namespace}.svc.cluster.local`),
      },
    ],
  },
});

/**
 * The same routes for the Gateway API, one HTTPRoute for each operation. What they can't do is verify client
 * certificates: they are for callers with tokens.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export const httpRoutes = (operations: Operation[], namespace: string): object[] =>
  [...operations].sort(bySpecificity).map((operation) => httpRoute(operation, namespace));
