import { expect } from '@jest/globals';
import fc from 'fast-check';
import { ApiError } from '../../../lib/errors.ts';
import { parseRef } from '../../../lib/source/refs.ts';
import { baseOf, parseSourceUrl } from '../../../lib/source/url.ts';
import { fuzz } from '../fuzz.ts';
import { mutated } from '../mutated.ts';

const urls = mutated(
  'https://git.example.org/tools/a.git',
  'https://user:password@git.example.org:443/a',
  'https://[2001:db8::1]:8443/a/../b.git/',
  'http://0x7f.1/a',
  'git@git.example.org:tools/a.git',
  'ssh://git.example.org/a',
);
const refs = mutated('main', 'refs/heads/feature/a', 'v1.0.0', 'a'.repeat(40), 'HEAD', '@{-1}', 'a..b', 'a.lock');

const orRefusal = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return undefined;
    throw error;
  }
};

const policy = fc.record({ allowHttp: fc.boolean(), allowedPorts: fc.constantFrom(undefined, [443], []) });

fuzz(
  'an accepted source URL is https, holds no credential, and means the same when it is parsed again',
  fc.tuple(urls, policy),
  ([bytes, rules]) => {
    const url = orRefusal(() => parseSourceUrl(bytes.toString(), rules));
    if (url === undefined) return;
    expect(url.protocol).toMatch(rules.allowHttp ? /^https?:$/ : /^https:$/);
    expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
    expect(baseOf(url)).toMatch(/^https?:\/\/[^\s\\@?#-][^\s\\?#]*$/);
    expect(baseOf(url)).not.toMatch(/[\p{Cc}\p{Z}]/u);
    expect(baseOf(parseSourceUrl(baseOf(url), rules))).toBe(baseOf(url));
  },
);

fuzz('an accepted ref is no option, no pattern and no range for git', refs, (bytes) => {
  const text = bytes.toString();
  const ref = orRefusal(() => parseRef(text));
  if (ref?.kind !== 'name') return;
  for (const name of ref.candidates) {
    expect(name).toMatch(/^refs\/[^\s~^:?*[\\]+$/);
    expect(name).not.toMatch(/\.\.|@\{|\/\/|\/$|\.lock(\/|$)|[\p{Cc}]/u);
  }
});
