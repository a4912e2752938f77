import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';

/** Values of Sec-Fetch-Site with which a browser says that no page of another origin caused the request. */
const ownSites: unknown[] = ['same-origin', 'none'];

const isOwnOrigin = (origin: string, { host, 'x-forwarded-host': forwardedHost }: IncomingHttpHeaders): boolean => {
  const originHost = URL.parse(origin)?.host;
  return originHost !== undefined && originHost !== '' && [host, forwardedHost].includes(originHost);
};

/** Header that the page's script sends. A page of another origin can't, because the API allows no header to any (CORS). */
const pageHeader = 'x-builds-page';

const isOwnSite = (headers: IncomingHttpHeaders): boolean => {
  const { 'sec-fetch-site': site, origin } = headers;
  if (site !== undefined) return ownSites.includes(site);
  return origin === undefined || isOwnOrigin(origin, headers);
};

/**
 * Refuses a request that a browser sends for a web page of another origin. Security: a browser with a tool's client
 * certificate shows the certificate in such requests too, without the person's knowledge. Pages of other tools are
 * refused too, although they can be of the same site. Browsers send Sec-Fetch-Site, or at least Origin; other clients
 * send neither header, and are never refused.
 *
 * An Origin is compared with X-Forwarded-Host too, because the gateway sends the name of the function as Host. A web
 * page can't set X-Forwarded-Host in a request to another origin, since the API allows that to no origin (CORS).
 * @throws ApiError 403 `cross_site`
 */
export const assertOwnSite = (headers: IncomingHttpHeaders): void => {
  if (!isOwnSite(headers))
    throw new ApiError(
      403,
      'cross_site',
      'A web page of another site may not send this request. Use the command line.',
    );
};

/**
 * Refuses a request with the page's session that the page itself does not send. Security: a browser adds the cookie of a
 * session to requests that pages of other origins cause. A change must have the page's own header, and no request may be
 * caused by another origin. A browser without Sec-Fetch-Site sends a session's cookie for pages of the same site only.
 * @throws ApiError 403 `cross_site`
 */
export const assertOwnPage = (headers: IncomingHttpHeaders, isChange: boolean): void => {
  if (isOwnSite(headers) && (!isChange || headers[pageHeader] === '1')) return;
  throw new ApiError(
    403,
    'cross_site',
    `Only the page of the build service may send this request with its session, with the header ${pageHeader}: 1.`,
  );
};
