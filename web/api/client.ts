import createClient from 'openapi-fetch';
import type { paths } from '../../openapi/generated/paths.ts';
import { apiRoot } from '../page-root.ts';
import { pageHeaders } from '../session/page-headers.ts';
import { fetchWithSession } from '../session/use-session.ts';

/**
 * Client of the build API with the types of openapi/openapi.yaml. The browser sends the session's cookie, which the
 * page's script can't read.
 */
export const api = createClient<paths>({
  baseUrl: apiRoot,
  headers: pageHeaders,
  credentials: 'same-origin',
  fetch: fetchWithSession,
});
