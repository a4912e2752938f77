import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SettingName } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import { ignoreBody, maxBodyBytes } from '../http/body.ts';
import { sendError } from '../http/respond.ts';
import { splitTarget } from '../http/routing.ts';
import type { Listener } from '../http/types.ts';
import type { App, Closable, Wire } from '../http/wiring.ts';
import type { Log } from '../log.ts';
import { isPageAddress } from './addresses.ts';
import type { PageFiles } from './files.ts';
import { securityHeaders } from './security-headers.ts';
import { sendFile } from './send-file.ts';
import type { SessionRoutes } from './session-routes.ts';

export type PageAppOptions = {
  files: PageFiles;
  /** The page's own path, such as `/builds/ui/`. Begins and ends with a slash. */
  root: string;
  sessions: SessionRoutes;
  log: Log;
};

const methods = ['GET', 'HEAD'];

/**
 * Returns the path of a request below the page's own path, with a slash at its beginning. Undefined for other paths.
 * Toolforge's API gateway removes /builds from paths, so a page below /builds is served without it too.
 */
const pathBelow = (root: string, path: string): string | undefined => {
  const roots = [root, ...(root.startsWith('/builds/') ? [root.slice('/builds'.length)] : [])];
  const found = roots.find((prefix) => path.startsWith(prefix));
  return found && path.slice(found.length - 1);
};

const notFound = (): ApiError => new ApiError(404, 'not_found', 'There is no such file of the page.');

const wantsPage = ({ headers }: IncomingMessage): boolean => /\btext\/html\b/i.test(headers.accept ?? '');

const redirect = (res: ServerResponse, location: string): void =>
  void res.writeHead(308, { location, 'cache-control': 'no-store', 'content-length': 0 }).end();

const checkMethod = ({ method = '' }: IncomingMessage): void => {
  if (methods.includes(method)) return;
  const allow = methods.join(', ');
  throw new ApiError(405, 'method_not_allowed', `This path takes ${allow} only.`, { headers: { allow } });
};

/**
 * Makes the HTTP listener of the page: its sessions, its files, and index.html for every address of the page. A browser that opens
 * another path gets index.html too, with 404, so that the page says what to do.
 */
export const createPageApp = ({ files, root, sessions, log }: PageAppOptions): Listener => {
  const respond = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const target = splitTarget(req.url ?? '/').path;
    ignoreBody(req, maxBodyBytes);
    const path = pathBelow(root, target);
    const responding = path && sessions(req, res, path);
    if (responding) return responding;
    checkMethod(req);
    if (`${target}/` === root || `/builds${target}/` === root) return redirect(res, root);
    if (path === undefined) throw notFound();
    if (isPageAddress(path)) return sendFile(req, res, files.index);
    const file = files.find(path);
    if (file) return sendFile(req, res, file);
    if (!wantsPage(req)) throw notFound();
    return sendFile(req, res, files.index, 404);
  };
  return (req, res) => {
    for (const [name, value] of Object.entries(securityHeaders)) res.setHeader(name, value);
    void respond(req, res).catch((error: unknown) => sendError(res, error, log));
  };
};

/** Result of `wire` in functions/web/wire.ts. */
export type WiredPage = Omit<PageAppOptions, 'log'> & Closable;

/** Type of the function `wire` of functions/web/wire.ts. */
export type PageWire<N extends readonly SettingName[]> = Wire<N, WiredPage>;

/** App of the function web, which serves the page. lib/http/serve.ts runs the app. */
export const pageApp: App<WiredPage> = { createListener: createPageApp };
