/**
 * Headers of every request of the page. Security: a page of another site can't send `x-builds-page`, because the API
 * allows no origin to (CORS), so the service takes the session's cookie for a change only beside this header.
 */
export const pageHeaders: Readonly<Record<string, string>> = { 'x-builds-page': '1' };
