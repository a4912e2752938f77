/**
 * A minimal browser that signs users in during tests: it keeps cookies, follows redirects, and submits forms with the
 * values that they have.
 */
export type Browser = {
  /**
   * Opens a web page, or sends a form to it, and submits each form that follows. Returns the text of the first page
   * without a form.
   */
  open: (url: string, form?: Record<string, string>) => Promise<string>;
  /** Cookies that the browser has, by name. A browser has one list for all ports of a host. */
  cookies: Map<string, string>;
  /** URL of the web page that was opened last. */
  url: () => string;
};

export type BrowserOptions = {
  /** Fetches one web page. Default: the global fetch. */
  fetchPage?: typeof fetch;
  /** Values that the browser types into fields of forms, by the name of the field. */
  fields?: Record<string, string>;
  /** Whether the browser submits forms. Default: true. */
  submits?: boolean;
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

/** Makes a minimal browser for tests. */
export const createBrowser = ({ fetchPage = fetch, fields = {}, submits = true }: BrowserOptions = {}): Browser => {
  let last = '';
  const cookies = new Map<string, string>();
  const fill = (form: Record<string, string>) => ({
    ...form,
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => name in form)),
  });
  const request = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetchPage(url, {
      headers: { cookie },
      redirect: 'manual',
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    last = url;
    return response;
  };
  const open = async (url: string, form?: Record<string, string>, pages = 0): Promise<string> => {
    if (pages > maxPages) throw new Error(`signing in takes more than ${maxPages} pages, the last one ${url}`);
    const response = await request(url, form);
    const location = response.headers.get('location');
    const page = await response.text();
    if (location) return open(new URL(location, url).href, undefined, pages + 1);
    const next = formOf(page);
    return next && submits && response.ok ? open(new URL(next.action, url).href, fill(next.fields), pages + 1) : page;
  };
  return { open: (url, form) => open(url, form), cookies, url: () => last };
};
