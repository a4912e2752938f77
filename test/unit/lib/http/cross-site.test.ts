import { describe, expect, test } from '@jest/globals';
import { assertOwnPage, assertOwnSite } from '../../../../lib/http/cross-site.ts';

type Headers = Record<string, string>;

const refusal = expect.objectContaining({ status: 403, code: 'cross_site' });
const host = 'api.example.org';

describe('assertOwnSite', () => {
  test.each<[string, Headers]>([
    ['a client that is no browser', {}],
    ['a page of the same origin', { origin: 'https://api.example.org', 'sec-fetch-site': 'same-origin' }],
    [
      'a page of the same origin behind a gateway that changes Host',
      { origin: 'https://elsewhere', 'sec-fetch-site': 'same-origin' },
    ],
    ['a request that a person started', { 'sec-fetch-site': 'none' }],
    ['a page of the same host in a browser without Sec-Fetch-Site', { origin: 'https://api.example.org' }],
    [
      'a page of the host that the gateway was called by',
      { origin: 'https://public.example:8443', 'x-forwarded-host': 'public.example:8443' },
    ],
  ])('accepts %s', (_, headers) => {
    expect(() => assertOwnSite({ host, ...headers })).not.toThrow();
  });

  test.each<[string, Headers]>([
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page of another site without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a page of another tool on the same site', { origin: 'https://tool.example.org', 'sec-fetch-site': 'same-site' }],
    ['an unknown Sec-Fetch-Site', { 'sec-fetch-site': 'anything' }],
    ['an empty Sec-Fetch-Site', { 'sec-fetch-site': '' }],
    ['two values of Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['a page of another site in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
    ['another port of the same host', { origin: 'https://api.example.org:8080' }],
    ['a host that begins like ours', { origin: 'https://api.example.org.evil.example' }],
    ['a host that ends like ours', { origin: 'https://evil-api.example.org' }],
    ['our host as a user name', { origin: 'https://api.example.org@evil.example' }],
    ['a page without an origin', { origin: 'null' }],
    ['an empty Origin', { origin: '' }],
    ['a local file', { origin: 'file://' }],
    ['an Origin that is no URL', { origin: 'api.example.org' }],
    ['a forwarded host that is another', { origin: 'https://evil.example', 'x-forwarded-host': 'public.example' }],
  ])('refuses %s', (_, headers) => {
    expect(() => assertOwnSite({ host, ...headers })).toThrow(refusal);
  });

  test('refuses an empty Origin in a request without Host', () => {
    expect(() => assertOwnSite({ origin: 'file://', host: '' })).toThrow(refusal);
  });
});

describe('assertOwnPage', () => {
  const page = { host, 'x-builds-page': '1', 'sec-fetch-site': 'same-origin' };

  test.each<[string, Headers, boolean]>([
    ['a change that the page sends', page, true],
    ['a reading that the page sends', page, false],
    ['a link to a log on the page', { host, 'sec-fetch-site': 'same-origin' }, false],
    ['an address that a person types', { host, 'sec-fetch-site': 'none' }, false],
    ['a change in a browser without Sec-Fetch-Site', { host, 'x-builds-page': '1' }, true],
  ])('accepts %s', (_, headers, isChange) => {
    expect(() => assertOwnPage(headers, isChange)).not.toThrow();
  });

  test.each<[string, Headers, boolean]>([
    ['a change without the header of the page', { host, 'sec-fetch-site': 'same-origin' }, true],
    ['a change with another value of the header', { ...page, 'x-builds-page': '0' }, true],
    ['a change of another site with the header', { ...page, 'sec-fetch-site': 'cross-site' }, true],
    ['a reading of another site', { host, 'sec-fetch-site': 'cross-site' }, false],
    ['a reading of another host of the same site', { host, 'sec-fetch-site': 'same-site' }, false],
    ['a reading of another origin in an old browser', { host, origin: 'https://evil.example' }, false],
  ])('refuses %s', (_, headers, isChange) => {
    expect(() => assertOwnPage(headers, isChange)).toThrow(refusal);
  });
});
