import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { isNetwork } from '../../../../lib/config/networks.ts';

const numbers = (count: number, max: number) =>
  fc.array(fc.integer({ min: 0, max }), { minLength: count, maxLength: count });
const ipv4 = numbers(4, 255).map((bytes) => new ipaddr.IPv4(bytes));
/** Many groups are 0, so that addresses are written with `::`. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65_535 })), { minLength: 8, maxLength: 8 })
  .map((groups) => new ipaddr.IPv6(groups));

describe('isNetwork', () => {
  test('accepts a range exactly where the range begins with its first address', () => {
    fc.assert(
      fc.property(ipv4, fc.integer({ min: 0, max: 32 }), (address, bits) => {
        const first = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`);
        expect(isNetwork(`${first}/${bits}`)).toBe(true);
        expect(isNetwork(`${address}/${bits}`)).toBe(`${first}` === `${address}`);
      }),
    );
    fc.assert(
      fc.property(ipv6, fc.integer({ min: 0, max: 128 }), (address, bits) => {
        const first = ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
        for (const text of [`${first}`, first.toNormalizedString()])
          expect([text, isNetwork(`${text}/${bits}`)]).toEqual([text, true]);
        expect(isNetwork(`${address}/${bits}`)).toBe(`${first}` === `${address}`);
      }),
    );
  });

  test.each([
    ...[
      '',
      '/',
      '/8',
      '10.0.0.0',
      '10.0.0.0/',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/8 ',
      '10.0.0.0/8.0',
    ],
    ...['256.0.0.0/8', '10.0.0/8', '0x10.0.0.0/8', '010.0.0.0/8', '10.0.0.0/08', '10.1.0.0/8'],
    ...[':/8', ':::/8', '1::2::3/8', '::1/129', 'fd00:/8', '1:2:3:4:5:6:7:8:9/128', '12345::/16', 'fe80::%eth0/64'],
  ])('refuses "%s"', (range) => {
    expect(isNetwork(range)).toBe(false);
  });
});
