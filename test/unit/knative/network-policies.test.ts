import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { loadAll } from 'js-yaml';
import { metadataAddresses } from '../../../lib/source/metadata-addresses.ts';

type Block = { cidr: string; except?: string[] };
type Policy = {
  metadata: { name: string };
  spec: { egress?: { to: { ipBlock?: Block }[]; ports?: object[] }[] };
};

const file = join(import.meta.dirname, '../../../knative/base/network-policies.yaml');
const policies = loadAll(await readFile(file, 'utf8')) as Policy[];
const { egress = [] } = policies.find(({ metadata }) => metadata.name === 'builds')?.spec ?? {};
const blocks = egress.filter(({ ports }) => !ports).flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []));

const contains = (network: string, address: string): boolean => {
  const [given, [base, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(network)];
  return given.kind() === base.kind() && given.match(base, bits);
};

const mayReach = (address: string): boolean =>
  blocks.some(
    ({ cidr, except = [] }) => contains(cidr, address) && !except.some((network) => contains(network, address)),
  );

test.each(metadataAddresses)('a build may not reach the metadata address $address of $cloud', ({ address }) => {
  expect(mayReach(address)).toBe(false);
  if (!address.includes(':')) expect(mayReach(`64:ff9b::${address}`)).toBe(false);
});

test.each(['185.15.56.1', '10.0.0.1', '192.168.1.1', '100.100.100.199', '2a02:ec80:300::1', 'fd12:3456::1'])(
  'a build may reach the address %s',
  (address) => {
    expect(mayReach(address)).toBe(true);
  },
);
