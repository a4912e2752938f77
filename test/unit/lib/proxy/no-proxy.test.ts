import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isExempt } from '../../../../lib/proxy/no-proxy.ts';

test.each([
  ['https://api.example.org', 'api.example.org'],
  ['https://api.example.org', 'example.org'],
  ['https://api.example.org', '.example.org'],
  ['https://api.example.org', '*.example.org'],
  ['https://example.org', '.example.org'],
  ['https://api.example.org.', 'example.org'],
  ['https://API.Example.org', 'EXAMPLE.ORG.'],
  ['https://api.example.org', 'other.test, example.org'],
  ['https://api.example.org', 'other.test example.org'],
  ['https://api.example.org', '\tother.test ,,\n example.org '],
  ['https://api.example.org', '*'],
  ['https://bücher.example', 'xn--bcher-kva.example'],
  ['https://xn--bcher-kva.example', 'bücher.example'],
  ['https://api.example.org', 'example.org:443'],
  ['http://api.example.org', 'example.org:80'],
  ['https://api.example.org:30003', 'example.org:30003'],
  ['https://api.example.org:30003', 'example.org'],
  ['https://10.1.2.3', '10.1.2.3'],
  ['https://10.1.2.3', '10.0.0.0/8'],
  ['https://10.1.2.3:8443', '10.0.0.0/8:8443'],
  ['https://0x0a010203', '10.1.2.3/32'],
  ['https://[fd00::1]', 'fd00::1'],
  ['https://[fd00::1]', 'fd00:0:0::0001'],
  ['https://[fd00::1]', '[fd00::1]'],
  ['https://[fd00::1]:30003', '[fd00::1]:30003'],
  ['https://[fd00::1]', 'fd00::/8'],
  ['https://[fd00::1]', '[fd00::]/8'],
  ['https://[::ffff:10.1.2.3]', '10.0.0.0/8'],
  ['https://10.1.2.3', '0.0.0.0/0'],
])('requests to %s need no proxy with NO_PROXY=%s', (url, list) => {
  expect(isExempt(new URL(url), list)).toBe(true);
});

test.each([
  ['https://api.example.org', ''],
  ['https://api.example.org', ' , '],
  ['https://api.example.org', 'pi.example.org'],
  ['https://badexample.org', 'example.org'],
  ['https://example.org.evil.test', 'example.org'],
  ['https://example.org', 'api.example.org'],
  ['https://api.example.org', '.'],
  ['https://api.example.org', '*.'],
  ['https://api.example.org', 'ex*.org'],
  ['https://api.example.org', 'example.org:8443'],
  ['http://api.example.org', 'example.org:443'],
  ['https://10.1.2.3', '2.3'],
  ['https://10.1.2.3', '.2.3'],
  ['https://10.1.2.3', '10.1.2.4'],
  ['https://10.1.2.3', '11.0.0.0/8'],
  ['https://10.1.2.3', '10.0.0.0/33'],
  ['https://10.1.2.3', '10.0.0.0/x'],
  ['https://10.1.2.3', '10.0.0.0/'],
  ['https://10.1.2.3', 'fd00::/8'],
  ['https://api.example.org', '10.0.0.0/8'],
  ['https://[fd00::1]', 'fe00::/8'],
  ['https://[fd00::1]:1', '[fd00::1]:2'],
])('requests to %s need a proxy with NO_PROXY=%s', (url, list) => {
  expect(isExempt(new URL(url), list)).toBe(false);
});

test('property: no NO_PROXY makes isExempt throw, and one more item exempts no fewer requests', () => {
  const item = fc.string({
    unit: fc.constantFrom('a', '.', '*', ':', '/', '1', '[', ']', '%', 'é', '8'),
    maxLength: 12,
  });
  const url = fc
    .constantFrom('https://a.a', 'https://1.1.1.1', 'http://[1::1]:8', 'https://xn--a-a')
    .map((text) => new URL(text));
  fc.assert(
    fc.property(url, item, item, (target, one, other) => {
      const both = isExempt(target, `${one},${other}`);
      expect(both).toBe(isExempt(target, one) || isExempt(target, other));
    }),
  );
});
