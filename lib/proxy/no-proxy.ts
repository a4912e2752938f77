import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host and a port in an entry of NO_PROXY. The port is undefined where the entry is for all ports. */
type Entry = { host: string; port: string | undefined };

/** Splits `host`, `host:port`, `[address]`, `[address]:port`, and networks such as `10.0.0.0/8` or `[fd00::]/8`. */
const parseEntry = (text: string): Entry => {
  const bracketed = /^\[([^\]]*)\](\/\d+)?(?::(\d+))?$/.exec(text);
  if (bracketed) return { host: `${bracketed[1]}${bracketed[2] ?? ''}`, port: bracketed[3] };
  // An IPv6 address without brackets has several colons, and can have no port.
  const single = /^([^:]*)(?::(\d+))?$/.exec(text);
  return single ? { host: single[1] ?? '', port: single[2] } : { host: text, port: undefined };
};

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Tells whether an IP address is `range`, or lies within it: an address, or a network such as 10.0.0.0/8. */
const isWithin = (address: string, range: string): boolean => {
  const [network = '', bits] = range.split('/');
  const family = familyOf(network);
  const most = family === 'ipv6' ? 128 : 32;
  if (isIP(network) === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits ?? most), family);
  return list.check(address, familyOf(address));
};

/** Returns a host's name in its canonical spelling: in lower case and punycode, without a dot at its end. */
const canonicalName = (name: string): string => (domainToASCII(name) || name.toLowerCase()).replace(/\.$/, '');

const isSameOrBelow = (name: string, entry: string): boolean => {
  const domain = canonicalName(entry.replace(/^\*?\./, ''));
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
};

const portOf = ({ port, protocol }: URL): string => port || (protocol === 'https:' ? '443' : '80');

/**
 * Tells whether NO_PROXY says that requests to a URL use no proxy. The list's items are separated by commas or blanks:
 * `*` for all, a domain with everything below it (`example.org`, `.example.org` and `*.example.org` are the same), an IP
 * address, or a network in CIDR notation. Any of them may end with a port, and is then for that port only. A name is not
 * resolved: addresses and networks are compared only with URLs that hold an address.
 * @see https://about.gitlab.com/blog/we-need-to-talk-no-proxy/ for how programs differ
 */
export const isExempt = (url: URL, noProxy: string): boolean => {
  const host = canonicalName(url.hostname).replace(/^\[|\]$/g, '');
  return noProxy.split(/[\s,]+/).some((text) => {
    if (text === '*') return true;
    const entry = parseEntry(text);
    if (entry.host === '' || (entry.port !== undefined && entry.port !== portOf(url))) return false;
    return isIP(host) === 0 ? isSameOrBelow(host, entry.host) : isWithin(host, entry.host);
  });
};
