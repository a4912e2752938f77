/** Returns the path below which the page is served, such as `/builds/ui/`, from the page's own markup. */
const readRoot = (): string => {
  const content = document.querySelector<HTMLMetaElement>('meta[name="page-root"]')?.content ?? './';
  return new URL(content, document.baseURI).pathname;
};

/** Path below which the page is served. Begins and ends with a slash: `/` or `/builds/ui/`. */
export const pageRoot = readRoot();

/** Path below which the API is served, without a slash at its end: empty where the page is at `/`, else `/builds`. */
export const apiRoot = new URL('..', new URL(pageRoot, document.baseURI)).pathname.replace(/\/$/, '');
