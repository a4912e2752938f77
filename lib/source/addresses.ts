import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ConfigError } from '../errors.ts';
import { sourceError } from './failures.ts';
import { metadataAddresses } from './metadata-addresses.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Cidr = [Address, number];
export type ResolvedAddress = { address: string; family: 4 | 6 };

/** Returns the IP addresses of a host name. */
export type ResolveHost = (host: string) => Promise<string[]>;

/**
 * Networks that are not part of the public Internet, although ipaddr.js takes their addresses for unicast.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const specialNetworks = [
  '192.0.0.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '240.0.0.0/4',
  '2001::/23',
  '2002::/16',
  '3fff::/20',
].map((cidr): Cidr => ipaddr.parseCIDR(cidr));
const globalIpv6Network: Cidr = ipaddr.parseCIDR('2000::/3');
const nat64Network: Cidr = ipaddr.parseCIDR('64:ff9b::/96');

const metadata = new Set(metadataAddresses.map(({ address }) => ipaddr.parse(address).toNormalizedString()));

const within = (address: Address, [network, bits]: Cidr): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

/** Returns the IPv4 address that an IPv6 address of NAT64 leads to, and any other address as it is. */
const withoutNat64 = (address: Address): Address =>
  within(address, nat64Network) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;

/**
 * Tells whether an IP address is part of the public Internet, so that everybody reaches the same machine at the
 * address.
 */
const isPublic = (address: Address): boolean => {
  if (address.kind() === 'ipv6' && !within(address, globalIpv6Network)) return false;
  return address.range() === 'unicast' && !specialNetworks.some((cidr) => within(address, cidr));
};

/** Parses a network in CIDR notation. @throws ConfigError */
const parseCidr = (text: string): Cidr => {
  try {
    return ipaddr.parseCIDR(text);
  } catch {
    throw new ConfigError('source.allowedAddresses', 'a list of networks such as 10.1.0.0/16');
  }
};

/**
 * Returns a test for one IP address of a git server. Public addresses pass, and addresses of the allowed networks. The
 * metadata addresses of clouds never pass: a network that an operator allows may contain one without being meant so.
 * @param allowed networks in CIDR notation
 * @throws ConfigError
 */
export const createAddressTest = (allowed: readonly string[]): ((address: string) => boolean) => {
  const networks = allowed.map(parseCidr);
  return (text) => {
    if (isIP(text) === 0 || text.includes('%')) return false;
    const written = ipaddr.process(text);
    const address = withoutNat64(written);
    if (metadata.has(address.toNormalizedString())) return false;
    return networks.some((network) => within(written, network)) || isPublic(address);
  };
};

/** Returns the IP addresses of a host name, as the operating system resolves it. */
export const resolveWithSystem = async (host: string): Promise<string[]> => {
  const { lookup } = await import('node:dns/promises');
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/**
 * Returns the IP addresses that a connection to a git server's URL may use. Addresses of the host that are not allowed
 * are left out.
 * @throws ApiError 400 source_forbidden where no address is allowed; the errors of `resolveHost`
 */
export const allowedAddresses = async (
  url: URL,
  isAllowed: (address: string) => boolean,
  resolveHost: ResolveHost,
): Promise<ResolvedAddress[]> => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await resolveHost(host) : [host];
  const allowed = addresses.filter(isAllowed);
  if (allowed.length === 0) {
    throw sourceError(
      'source_forbidden',
      `${url.hostname} leads to an address that is not on the public Internet. Use a public git server.`,
      new Error(`refused addresses: ${addresses.join(' ')}`),
    );
  }
  return allowed.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
};
