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
    map('"$request_method $request_uri"', '$function', [...rows, ...others]),
    '# The operationId of a request, for its metrics.\n',
    map('"$request_method $request_uri"', '$operation', ids),
    '# Functions that serve an operation without authentication.\n',
    map('$function', '$open', functions),
  ].join('');
};

/**
 * Headers of clients that are removed, at most 16 by the rules of the Gateway API, which knows no patterns. Security:
 * with these headers Knative and Envoy talk to themselves, and the gateway for certificates talks to the functions.
 * knative/gateway/nginx.conf says what they do.
 */
const removedHeaders = [
  'Forwarded',
  'K-Kubelet-Probe',
  'K-Network-Hash',
  'K-Network-Probe',
  'K-Original-Host',
  'K-Passthrough-Lb',
  'K-Proxy-Request',
  'Knative-Serving-Default-Route',
  'Knative-Serving-Namespace',
  'Knative-Serving-Revision',
  'Knative-Serving-Tag',
  'X-Envoy-Max-Retries',
  'X-Envoy-Retry-On',
  'X-Envoy-Upstream-Rq-Timeout-Ms',
  'X-Toolforge-Gateway-Secret',
  'X-Toolforge-Tool',
];

/** Replaces the User-Agent of clients, since Knative recognises probes by it. */
const userAgent = { name: 'User-Agent', value: 'builds-gateway' };

const routeRule = (host: string) => ({
  filters: [
    { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [userAgent], remove: removedHeaders } },
    { type: 'URLRewrite', urlRewrite: { hostname: host } },
  ],
  // The route leads to Kourier, Knative's gateway, and not to the function's Service in its own namespace: Kourier
  // finds the function by the rewritten host name.
  backendRefs: [{ name: 'kourier-internal', namespace: 'kourier-system', port: 80 }],
});

const httpRoute = (operation: Operation, namespace: string): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  // The ids of operations alone, such as `list`, would be names that tell nothing in a namespace of many routes.
  metadata: { name: `builds-${operation.id}`, namespace },
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
 * Returns the API's routes for the Kubernetes Gateway API: one HTTPRoute for each operation. HTTPRoutes can't verify
 * client certificates, so they are for callers with tokens.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export const httpRoutes = (operations: Operation[], namespace: string): object[] =>
  [...operations].sort(bySpecificity).map((operation) => httpRoute(operation, namespace));
