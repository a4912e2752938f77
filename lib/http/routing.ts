import type { IncomingMessage } from 'node:http';
import { type Route, routes } from '../../openapi/generated/routes.ts';
import { ApiError } from '../errors.ts';

/** The route that serves a request, and the request's decoded path parameters. */
export type RouteMatch = { route: Route; params: Record<string, string> };

type Pattern = { route: Route; segments: string[] };

const isVariable = (segment: string): boolean => segment.startsWith('{');

/**
 * Routes of the API, sorted by the number of path parameters, so that /builds/latest is not taken for the build with
 * the id "latest".
 */
const patterns: Pattern[] = routes
  .map((route) => ({ route, segments: route.path.split('/') }))
  .sort((a, b) => a.segments.filter(isVariable).length - b.segments.filter(isVariable).length);

/**
 * Decodes a path segment. A segment whose percent signs encode nothing stays as it is: no parameter may have a percent
 * sign, so validation refuses such a segment, but only after the caller's access is checked.
 */
const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const fits = (pattern: Pattern, segments: string[]): boolean =>
  pattern.segments.length === segments.length &&
  pattern.segments.every((expected, at) => (isVariable(expected) ? segments[at] !== '' : expected === segments[at]));

const paramsOf = (pattern: Pattern, segments: string[]): Record<string, string> =>
  Object.fromEntries(
    pattern.segments.flatMap((name, at) => (isVariable(name) ? [[name.slice(1, -1), decode(segments[at] ?? '')]] : [])),
  );

/**
 * Finds the route of a request. One slash at the end of the path is ignored. An encoded slash (%2F) does not separate
 * path segments.
 * @param path of the request, without the query
 * @throws ApiError 404 `not_found`, 405 `method_not_allowed` with the header Allow
 */
export const matchRoute = (method: string, path: string): RouteMatch => {
  const segments = path.replace(/\/$/, '').split('/');
  const fitting = patterns.filter((pattern) => fits(pattern, segments));
  if (fitting.length === 0)
    throw new ApiError(404, 'not_found', 'There is no such path. See /openapi.json for all paths.');
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = fitting.find(({ route }) => route.method === wanted);
  if (found) return { route: found.route, params: paramsOf(found, segments) };
  const allow = [...new Set(fitting.map(({ route }) => route.method))].join(', ');
  throw new ApiError(405, 'method_not_allowed', `This path takes ${allow} only.`, { headers: { allow } });
};

/**
 * Removes /builds from the start of a request's path. Toolforge's API gateway mounts the API at /builds, and every
 * function serves its paths both below /builds and at the root.
 */
const withoutMount = (path: string): string => (path.startsWith('/builds/') ? path.slice('/builds'.length) : path);

/**
 * Splits the target of a request into its path and its query, each as the client spelled it. A target in absolute form
 * begins with a scheme and a host. Security: a URL parser resolves `..` and `%2e%2e`, and takes a backslash for a slash.
 * The path would then be another one than the path by which the gateway has chosen this function.
 * @throws ApiError 400 `parameter_invalid` for an absolute form that is no URL
 */
export const splitTarget = (target: string): { path: string; query: string } => {
  const [, origin, path = '', query = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?]*)?([^?]*)\??(.*)$/is.exec(target) ?? [];
  if (origin !== undefined && !URL.canParse(origin))
    throw new ApiError(400, 'parameter_invalid', 'The address of the request is not valid.');
  return { path, query };
};

/**
 * Finds the route, the path below /builds and the query of an HTTP request. The URL may be absolute. A segment `..` of
 * the path is a name like any other, which no tool and no build has.
 * @throws the errors of {@link matchRoute}, and ApiError 400 `parameter_invalid` when the URL is not valid
 */
export const findRoute = (req: IncomingMessage): RouteMatch & { path: string; search: URLSearchParams } => {
  const target = splitTarget(req.url ?? '/');
  const path = withoutMount(target.path);
  return {
    ...matchRoute(req.method ?? 'GET', path),
    path: `/builds${path}`,
    search: new URLSearchParams(target.query),
  };
};
