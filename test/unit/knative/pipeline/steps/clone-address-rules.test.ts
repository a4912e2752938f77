import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAddressTest } from '../../../../../lib/source/addresses.ts';
import { metadataAddresses } from '../../../../../lib/source/metadata-addresses.ts';
import { baseOf, parseSourceUrl } from '../../../../../lib/source/url.ts';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'addresses-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const addressesScript = join(
  import.meta.dirname,
  '../../../../../knative/charts/builds-builder/files/steps/clone-addresses.sh',
);

/** Runs a function of clone-addresses.sh for each line, and returns whether the function passed. */
const each = async (command: string, items: readonly string[], settings: Record<string, string> = {}) => {
  const loop = `fail() { exit 1; }; source_url=https://git.example.org/x; . "$1"; while IFS= read -r item; do if (${command}) >/dev/null; then echo yes; else echo no; fi; done < "$2"`;
  const list = join(folder, 'list');
  await writeFile(list, items.map((item) => `${item}\n`).join(''));
  const words = Object.entries({ LC_ALL: 'C.UTF-8', ...settings }).map(([name, value]) => `${name}=${value}`);
  const { output } = await runProgram(['env', ...words, 'bash', '-c', loop, 'bash', addressesScript, list]);
  return Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line, at) => [items[at], line === 'yes']),
  );
};

const byte = fc.nat(255);
const ipv4 = fc.oneof(
  fc.tuple(byte, byte, byte, byte).map((parts) => parts.join('.')),
  fc.constantFrom('0.0.0.0', '255.255.255.255', '100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'),
  fc.constantFrom(
    '172.15.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '198.17.0.1',
    '223.0.0.1',
  ),
  fc
    .tuple(
      fc.constantFrom('10', '127', '169.254', '192.168', '192.0', '192.31', '198.18', '198.51', '203.0'),
      byte,
      byte,
      byte,
    )
    .map(([network, ...parts]) => [...network.split('.'), ...parts].slice(0, 4).join('.')),
);
const hexGroup = fc.nat(0xffff).map((group) => group.toString(16));
const ipv6 = fc.oneof(
  fc.array(hexGroup, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(
      fc.constantFrom(
        '2001',
        '2001:db8',
        '2002',
        '2606:4700',
        '2620:4f:8000',
        '3fff',
        '64:ff9b',
        'fc00',
        'fe80',
        'ff02',
        '2a02',
      ),
      hexGroup,
    )
    .map(([network, group]) => `${network}::${group}`),
  fc.tuple(fc.constantFrom('::ffff:', '64:ff9b::'), ipv4).map((parts) => parts.join('')),
  fc.constantFrom('::', '::1', '1::', '2001:4860::', '2001:1ff:ffff::1', '2001:200::1', '3ffe::1', '4000::1'),
);

describe('clone.sh and start-build take the same decision', () => {
  test.each<[string, readonly string[]]>([
    ['no network', []],
    ['networks of IPv4', ['10.1.0.0/16', '192.168.7.3/32', '203.0.112.0/23']],
    ['networks of IPv6', ['fc00::/7', 'fe80::/10', '64:ff9b::/96', '2001:db8::/33']],
  ])(
    'about every IP address where %s is allowed',
    async (_, allowed) => {
      const sample = fc.sample(fc.oneof(ipv4, ipv6), { numRuns: 60, seed: 21 });
      const addresses = [...new Set([...sample, ...metadataAddresses.map(({ address }) => address)])];
      const isAllowed = createAddressTest(allowed);
      const expected = Object.fromEntries(addresses.map((address) => [address, isAllowed(address)]));
      expect(await each('may_connect "$item"', addresses, { SOURCE_ALLOWED_ADDRESSES: allowed.join(',') })).toEqual(
        expected,
      );
    },
    60_000,
  );

  test('about what is no IP address', async () => {
    const texts = [
      '',
      '1',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4.5',
      '::1%lo',
      ':::',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      'x',
      '12345::',
      '1:2',
    ];
    expect(await each('may_connect "$item"', texts)).toEqual(Object.fromEntries(texts.map((text) => [text, false])));
  });

  test.each([true, false])('about the form of an address, where http is allowed: %s', async (allowHttp) => {
    const addresses = [
      ...[
        'https://example.org/x',
        'https://example.org/x.git/',
        'https://example.org',
        'HTTPS://Example.ORG/x',
        'https://1.2.3.4:8443/x',
      ],
      ...[
        'https://[2606:4700::1]/x',
        'https://[2606:4700::1]:8443/x',
        'https://example.org./x',
        'https://a_b.example.org/x',
      ],
      ...[
        'http://example.org/x',
        'HTTP://example.org/x',
        'ssh://git@example.org/x',
        'git@example.org:x/y',
        'git://example.org/x',
      ],
      ...[
        'git+ssh://example.org/x',
        'file:///etc',
        'ext::id',
        'ext::sh -c id',
        '/etc',
        '..',
        './x',
        'x',
        '',
        '-x',
        '--upload-pack=id',
      ],
      ...[
        'https://',
        'https:/example.org/x',
        'https:example.org/x',
        'https:///x',
        'https:\\\\example.org\\x',
        'https://-x/y',
        'https://.x/y',
      ],
      ...[
        'https://a..b/x',
        'https://user@example.org/x',
        'https://user:secret@example.org/x',
        'https://example.org/x@y',
      ],
      ...[
        'https://example.org/x?y',
        'https://example.org/x#y',
        'https://example.org?x',
        'https://example.org/a b',
        'https://example.org/x\t',
      ],
      ...[
        'https://example.org/%0a',
        'https://example.org/%7F',
        'https://example.org/%20',
        'https://example.org/\u202ex',
        'https://example.org/ä',
        'https://bücher.example/x',
        'https://xn--bcher-kva.example/x',
      ],
      ...[
        'https://example.org:0/x',
        'https://example.org:99999/x',
        'https://example.org:x/x',
        'https://[::1/x',
        'https://[x]/x',
      ],
      ...['javascript:alert(1)', 'data:text/plain,x', 'ftp://example.org/x', `https://example.org/${'x'.repeat(2100)}`],
    ];
    const isAccepted = (text: string): boolean => {
      try {
        return parseSourceUrl(text, { allowHttp, allowedPorts: undefined }).href !== '';
      } catch {
        return false;
      }
    };
    // The port 0 leads to no server. clone.sh takes host names outside of ASCII only in their ASCII form.
    const isStricter = (text: string): boolean => text.includes(':0/') || text.includes('://bücher');
    const expected = Object.fromEntries(addresses.map((text) => [text, isAccepted(text) && !isStricter(text)]));
    expect(await each('check_url "$item"', addresses, { SOURCE_ALLOW_HTTP: String(allowHttp) })).toEqual(expected);
  });

  test('about the form that an accepted address gets', async () => {
    const addresses = [
      ...['HTTPS://Example.ORG./x.git//', 'https://example.org:443/x', 'https://example.org:08443/x'],
      ...[
        'https://[2606:4700::1]:443/x/',
        'https://example.org',
        'http://example.org:80/x',
        'http://example.org:443/x',
      ],
    ];
    const policy = { allowHttp: true, allowedPorts: undefined };
    const pairs = addresses.map((text) => `${text} ${baseOf(parseSourceUrl(text, policy))}`);
    const command = 'set -- $item; check_url "$1" && [ "$address" = "$2" ]';
    expect(await each(command, pairs, { SOURCE_ALLOW_HTTP: 'true' })).toEqual(
      Object.fromEntries(pairs.map((pair) => [pair, true])),
    );
  });
});
