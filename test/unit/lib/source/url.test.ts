import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, ConfigError } from '../../../../lib/errors.ts';
import { createAddressTest } from '../../../../lib/source/addresses.ts';
import { metadataAddresses } from '../../../../lib/source/metadata-addresses.ts';
import { baseOf, parseSourceUrl } from '../../../../lib/source/url.ts';

const defaultPolicy = { allowHttp: false, allowedPorts: undefined };

const codeOf = (text: string, policy: Parameters<typeof parseSourceUrl>[1] = defaultPolicy): string => {
  try {
    return baseOf(parseSourceUrl(text, policy));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.status).toBe(400);
    return error.code;
  }
};

describe('parseSourceUrl', () => {
  test.each([
    ['https://example.org/tool.git', 'https://example.org/tool.git'],
    ['https://example.org/tool/', 'https://example.org/tool'],
    ['https://example.org', 'https://example.org'],
    ['HTTPS://EXAMPLE.org:443/A/../B', 'https://example.org/B'],
    ['https://example.org./tool', 'https://example.org/tool'],
    ['https://bücher.example/Ä', 'https://xn--bcher-kva.example/%C3%84'],
    ['https://[2001:db8::1]:8443/x', 'https://[2001:db8::1]:8443/x'],
    ['https://0x7f.1/x', 'https://127.0.0.1/x'],
    ['https://017700000001/x', 'https://127.0.0.1/x'],
    ['https://2130706433./x', 'https://127.0.0.1/x'],
    ['https://１２７.0.0.1/x', 'https://127.0.0.1/x'],
    ['https://example.org/~me/a%20b', 'https://example.org/~me/a%20b'],
  ])('parseSourceUrl reads %s', (text, base) => {
    expect(codeOf(text)).toBe(base);
  });

  test.each([
    ['', 'source_invalid'],
    ['tool', 'source_invalid'],
    ['/srv/git/tool', 'source_invalid'],
    ['../tool', 'source_invalid'],
    ['example.org/tool.git', 'source_invalid'],
    ['//example.org/tool', 'source_invalid'],
    ['--upload-pack=touch /tmp/x', 'source_invalid'],
    ['--upload-pack=x', 'source_invalid'],
    ['-u', 'source_invalid'],
    ['https:example.org/tool', 'source_invalid'],
    ['https:/example.org/tool', 'source_invalid'],
    ['https:///example.org/tool', 'source_invalid'],
    ['https://', 'source_invalid'],
    ['https://?x', 'source_invalid'],
    ['https://exa mple.org/', 'source_invalid'],
    [' https://example.org/tool', 'source_invalid'],
    ['https://example.org/tool\n', 'source_invalid'],
    ['https://example.org/to\tol', 'source_invalid'],
    ['https://example.org/to\u0085ol', 'source_invalid'],
    ['https://example.org/\u202egit', 'source_invalid'],
    ['https://example.org/\ud800', 'source_invalid'],
    ['https://example.org\\@evil.org/', 'source_invalid'],
    ['https://example.org/%0a', 'source_invalid'],
    ['https://example.org/%00', 'source_invalid'],
    ['https://user@example.org/tool', 'source_invalid'],
    ['https://user:password@example.org/tool', 'source_invalid'],
    ['https://@example.org/tool', 'source_invalid'],
    ['https://example.org/tool?x=1', 'source_invalid'],
    ['https://example.org/tool?', 'source_invalid'],
    ['https://example.org/tool#main', 'source_invalid'],
    ['https://example.org:70000/tool', 'source_invalid'],
    ['https://exa%mple.org/', 'source_invalid'],
    ['https://1.2.3.4.5/', 'source_invalid'],
    ['https://example.org../tool', 'source_invalid'],
    ['https://git..example.org/tool', 'source_invalid'],
    ['https://.example.org/tool', 'source_invalid'],
    ['https://./tool', 'source_invalid'],
    ['https://-git.example.org/tool', 'source_invalid'],
    [`https://example.org/${'a'.repeat(2048)}`, 'source_invalid'],
    [`https://example.org/${'ä'.repeat(1000)}`, 'source_invalid'],
    ['http://example.org/tool', 'source_forbidden'],
    ['ssh://git@example.org/tool', 'source_forbidden'],
    ['git+ssh://example.org/tool', 'source_forbidden'],
    ['git@example.org:tool.git', 'source_forbidden'],
    ['git://example.org/tool', 'source_forbidden'],
    ['ftp://example.org/tool', 'source_forbidden'],
    ['file:///etc/passwd', 'source_forbidden'],
    ['ext::sh', 'source_forbidden'],
    ['fd::17', 'source_forbidden'],
    ['https::https://example.org/x', 'source_invalid'],
    ['javascript:alert(1)', 'source_forbidden'],
  ])('parseSourceUrl refuses %j', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test('parseSourceUrl allows http and ports by its policy', () => {
    expect(codeOf('http://example.org/x', { ...defaultPolicy, allowHttp: true })).toBe('http://example.org/x');
    const ports = { allowHttp: true, allowedPorts: [443, 8443] };
    expect(codeOf('https://example.org/x', ports)).toBe('https://example.org/x');
    expect(codeOf('https://example.org:8443/x', ports)).toBe('https://example.org:8443/x');
    expect(codeOf('http://example.org/x', ports)).toBe('source_forbidden');
    expect(codeOf('https://example.org:22/x', ports)).toBe('source_forbidden');
  });

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc
      .tuple(fc.constantFrom('https://', 'http://', 'ssh://', 'ext::', '-'), fc.string({ unit: 'binary' }))
      .map(([scheme, rest]) => scheme + rest),
  );

  test('parseSourceUrl refuses any text or returns an address that it reads as the same address', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const outcome = codeOf(text);
        if (outcome.startsWith('source_')) return;
        expect(outcome).toMatch(/^https:\/\/[^/@?#\\\s]+(\/[^?#\\\s]*[^/?#\\\s])?$/);
        expect(codeOf(outcome)).toBe(outcome);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('createAddressTest', () => {
  const isAllowed = createAddressTest([]);

  test.each(['8.8.8.8', '185.15.56.1', '2606:4700::1111', '2a02:ec80:300::1', '64:ff9b::808:808', '::ffff:8.8.8.8'])(
    'the address %s is public',
    (address) => {
      expect(isAllowed(address)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.1.1.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::808:808',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '::ffff:0:7f00:1',
    'localhost',
    '',
    '127.1',
    '0x7f000001',
    '1.2.3.4 ',
  ])('the address %s is not public', (address) => {
    expect(isAllowed(address)).toBe(false);
  });

  test('an address that is not public is allowed only by a network that contains it', () => {
    const lenient = createAddressTest(['127.0.0.0/8', 'fd00::/8', '10.1.0.0/16']);
    for (const address of ['127.9.9.9', '::ffff:127.0.0.1', 'fd00::1', '10.1.255.1'])
      expect(lenient(address)).toBe(true);
    for (const address of ['10.2.0.1', '::1', 'fc00::1', '64:ff9b::7f00:1']) expect(lenient(address)).toBe(false);
    expect(() => createAddressTest(['10.1.0.0/33'])).toThrow(ConfigError);
  });

  test.each(metadataAddresses)('the metadata address $address of $cloud is refused in every form', ({ address }) => {
    const everything = createAddressTest(['0.0.0.0/0', '::/0']);
    const forms = address.includes(':') ? [address] : [address, `::ffff:${address}`, `64:ff9b::${address}`];
    for (const form of forms) {
      expect(isAllowed(form)).toBe(false);
      expect(everything(form)).toBe(false);
    }
  });

  test('an address of a private network is refused in every IPv6 form', () => {
    const privates = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127, 0), fc.nat(255), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
    );
    fc.assert(
      fc.property(privates, fc.constantFrom('', '::ffff:', '64:ff9b::', '::'), (bytes, disguise) => {
        expect(isAllowed(disguise + bytes.join('.'))).toBe(false);
      }),
    );
  });
});
