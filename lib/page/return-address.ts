import { isPageAddress } from './addresses.ts';

/**
 * Limit for the length of an address in characters, as it is sent, with encoded characters. An address of the page is
 * shorter. A cookie holds the address during a sign-in, beside the cookies of a session.
 */
const maxLength = 1024;

/** Matches characters that URL parsers drop or take for a slash. No address of the page has one. */
const ambiguous = /[\\\p{Cc}\p{Cf}\s]/u;

/**
 * Returns the address of the page to show after a sign-in. Security: the wanted address comes from a link that anybody
 * may have made, so only an address of the page at the page's own origin counts, and no other path. Other ones become the
 * page's first address. The result is absolute, because a path that begins with two slashes would name another host.
 * @param wanted a path with query and fragment, which begins with the page's own path
 * @param page address of the page, which ends with a slash
 */
export const returnAddress = (wanted: string | null, page: URL): string => {
  if (!wanted?.startsWith('/') || ambiguous.test(wanted)) return page.href;
  const url = URL.parse(wanted, page.href);
  if (url?.origin !== page.origin || url.href.length > maxLength) return page.href;
  const isOwn = url.pathname.startsWith(page.pathname) && isPageAddress(url.pathname.slice(page.pathname.length - 1));
  return isOwn ? url.href : page.href;
};
