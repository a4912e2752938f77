import type { Operation } from './operations.ts';

/** One parameter is one path segment; `%2F` stays inside it, as nginx matches `$uri` decoded but `$request_uri` not. */
const pattern = (path: string): string => path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/?]+');

/** Fixed segments before variable ones, so that `latest` is not taken for an id. */
const bySpecificity = (a: Operation, b: Operation): number =>
  a.path.split('{').length - b.path.split('{').length || b.path.length - a.path.length;

/**
 * nginx: a `map` from method and path to the function that serves them. `$function` is empty where there is none.
 * @see https://nginx.org/en/docs/http/ngx_http_map_module.html
 */
export const gatewayRoutes = (operations: Operation[], notice: string): string => {
  const rows = [...operations]
    .sort(bySpecificity)
    .map(({ method, path, fn }) => `  "~^${method} (/builds)?${pattern(path)}/?(\\?.*)?$" ${fn};`);
  return `${notice}\nmap "$request_method $request_uri" $function {\n  default "";\n${rows.join('\n')}\n}\n`;
};
