import { describe, expect, test } from '@jest/globals';
import { proxyAddress, proxyFor } from '../../../../lib/proxy/choose.ts';

const [one, two] = ['http://one.test:3128', 'http://two.test:3128'];
const addressFor = (url: string, environment: Record<string, string>): string | undefined => {
  const proxy = proxyFor(new URL(url), environment);
  return proxy && `${proxy.variable} ${proxyAddress(proxy)}`;
};

describe('proxyFor', () => {
  test.each([
    ['https://api.test', { HTTPS_PROXY: one }, `HTTPS_PROXY ${one}`],
    ['https://api.test', { https_proxy: one, HTTPS_PROXY: two }, `https_proxy ${one}`],
    ['https://api.test', { ALL_PROXY: one }, `ALL_PROXY ${one}`],
    ['https://api.test', { all_proxy: one, ALL_PROXY: two }, `all_proxy ${one}`],
    ['https://api.test', { HTTPS_PROXY: one, all_proxy: two }, `HTTPS_PROXY ${one}`],
    ['http://api.test', { HTTP_PROXY: one, HTTPS_PROXY: two }, `HTTP_PROXY ${one}`],
    ['http://api.test', { http_proxy: one }, `http_proxy ${one}`],
    ['https://api.test', { HTTPS_PROXY: 'one.test:3128' }, `HTTPS_PROXY ${one}`],
    ['https://api.test', { HTTPS_PROXY: ' http://one.test:3128/ ' }, `HTTPS_PROXY ${one}`],
    ['https://api.test', { HTTPS_PROXY: 'HTTPS://one.test' }, 'HTTPS_PROXY https://one.test'],
    ['https://api.test', { ALL_PROXY: 'socks5h://[::1]:1080' }, 'ALL_PROXY socks5h://[::1]:1080'],
    ['https://api.test', { HTTPS_PROXY: 'http://user:p%40ss@one.test:3128' }, `HTTPS_PROXY ${one}`],
    ['https://api.test', { HTTPS_PROXY: 'user:p@ss@one.test:3128' }, `HTTPS_PROXY ${one}`],
  ])('finds the proxy for %s in %j', (url, environment, expected) => {
    expect(addressFor(url, environment)).toBe(expected);
  });

  test.each([
    ['https://api.test', {}],
    ['https://api.test', { HTTP_PROXY: one }],
    ['http://api.test', { HTTPS_PROXY: one }],
    ['https://api.test', { https_proxy: '', HTTPS_PROXY: one, ALL_PROXY: two }],
    ['https://api.test', { HTTPS_PROXY: one, NO_PROXY: 'api.test' }],
    ['https://api.test', { HTTPS_PROXY: one, no_proxy: 'test', NO_PROXY: 'other.test' }],
    ['http://api.test', { HTTP_PROXY: one, REQUEST_METHOD: 'GET' }],
    ['https://localhost:8443', { HTTPS_PROXY: one }],
    ['https://a.localhost', { HTTPS_PROXY: one }],
    ['https://127.0.0.1:8443', { HTTPS_PROXY: one }],
    ['https://127.1.2.3', { HTTPS_PROXY: one }],
    ['https://[::1]:8443', { ALL_PROXY: one }],
    ['https://localhost', { HTTPS_PROXY: 'ftp://wrong' }],
    ['https://api.test', { HTTPS_PROXY: 'ftp://wrong', NO_PROXY: '*' }],
  ])('finds none for %s in %j', (url, environment) => {
    expect(addressFor(url, environment)).toBeUndefined();
  });

  test('uses http_proxy for plain http also in a CGI program', () => {
    expect(addressFor('http://api.test', { http_proxy: one, REQUEST_METHOD: 'GET' })).toBe(`http_proxy ${one}`);
  });

  test.each([
    'ftp://u:secret@one.test',
    'http://',
    'http://u:secret@',
    'http://u:sec/ret@one.test',
    'http://u:12/secret@one.test',
    'http://u:secret%@one.test',
    'http://one.test/path',
    'http://one.test?secret',
    'http://one.test:99999',
    'secret secret',
  ])('names the variable and not the value of HTTPS_PROXY=%s', (HttpsProxy) => {
    const find = () => proxyFor(new URL('https://api.test'), { HTTPS_PROXY: HttpsProxy });
    expect(find).toThrow(/^HTTPS_PROXY must be the URL of a proxy/);
    expect(find).not.toThrow(/secret|sec\/ret/);
  });
});
