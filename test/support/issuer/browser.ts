/**
 * A minimal browser that signs users in during tests: it keeps cookies, follows redirects, and submits forms unchanged.
 */
export type Browser = {
  /** Opens a web page and submits each form that follows. @returns the text of the first page without a form */
  open: (url: string) => Promise<string>;
};

const maxPages = 30;

type Form = { action: string; fields: Record<string, string> };

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');

const formOf = (page: string): Form | undefined => {
  const [tag] = /<form[^>]*>/.exec(page) ?? [];
  const action = tag && attribute(tag, 'action');
  if (!action) return undefined;
  const inputs = [...page.matchAll(/<input[^>]*>/g)].map(([input]) => input);
  const fields = inputs.flatMap((input) => {
    const name = attribute(input, 'name');
    return name ? [[name, attribute(input, 'value') ?? '']] : [];
  });
  return { action, fields: Object.fromEntries(fields) };
};

/** Makes a minimal browser for tests. @param fetchPage fetches one web page. Default: the global fetch */
export const createBrowser = (fetchPage: typeof fetch = fetch): Browser => {
  const cookies = new Map<string, string>();
  const request = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetchPage(url, {
      headers: { cookie },
      redirect: 'manual',
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      cookies.set(name, value);
    }
    return response;
  };
  const open = async (url: string, form?: Record<string, string>, pages = 0): Promise<string> => {
    if (pages > maxPages) throw new Error(`signing in takes more than ${maxPages} pages, the last one ${url}`);
    const response = await request(url, form);
    const location = response.headers.get('location');
    const page = await response.text();
    if (location) return open(new URL(location, url).href, undefined, pages + 1);
    const next = formOf(page);
    return next ? open(new URL(next.action, url).href, next.fields, pages + 1) : page;
  };
  return { open: (url) => open(url) };
};
