import { sendJson } from '../lib/http/respond.ts';
import type { Listener } from '../lib/http/types.ts';

/** Matches a Host header by which a program of this machine calls a server on the loopback address. */
const ownHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Makes a listener that serves only requests whose Host header names this machine. Security: the owner of a website can
 * let the site's name lead to 127.0.0.1 (DNS rebinding). A browser then takes this server for a part of the site, and
 * lets the site's scripts read its responses. The Host header still has the site's name.
 */
export const forOwnHosts =
  (listener: Listener): Listener =>
  (req, res) => {
    if (ownHost.test(req.headers.host ?? '')) return listener(req, res);
    sendJson(res, 421, {
      error: ['This server is for programs of this machine. Call it by 127.0.0.1 or localhost.'],
      code: 'forbidden',
    });
  };
