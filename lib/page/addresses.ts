/**
 * Addresses of the page below its own path, in the syntax of vue-router. The page's router has these addresses, and the
 * server sends index.html for each of them. A segment with a colon is a parameter: any text without a slash.
 */
export const pageAddresses = {
  home: '/',
  tool: '/tools/:tool',
  start: '/tools/:tool/start',
  build: '/tools/:tool/builds/:id',
  log: '/tools/:tool/builds/:id/log',
} as const;

const patternOf = (address: string): RegExp => new RegExp(`^${address.replace(/:[a-z]+/g, '[^/]+')}/?$`);

const patterns = Object.values(pageAddresses).map(patternOf);

/** Tells whether a path below the page's own path is an address of the page. The path begins with a slash. */
export const isPageAddress = (path: string): boolean => patterns.some((pattern) => pattern.test(path));
