/**
 * Addresses at which clouds serve data to their own machines, credentials among them. A build and the resolution of a
 * ref must not reach them, whatever else they may reach. The NetworkPolicy `builds` in
 * knative/charts/builds-builder forbids these addresses, and `npm run check:network` tries them.
 */
export const metadataAddresses: readonly { cloud: string; address: string }[] = [
  { cloud: 'AWS, Azure, Google, Oracle, OpenStack and most others', address: '169.254.169.254' },
  { cloud: 'AWS, for the containers of ECS', address: '169.254.170.2' },
  { cloud: 'AWS, for the pods of EKS', address: '169.254.170.23' },
  { cloud: 'Scaleway', address: '169.254.42.42' },
  { cloud: 'Tencent', address: '169.254.0.23' },
  { cloud: 'Alibaba', address: '100.100.100.200' },
  { cloud: 'Azure, the server of its agents', address: '168.63.129.16' },
  { cloud: 'Oracle, the classic cloud', address: '192.0.0.192' },
  { cloud: 'OpenStack and others, IPv6', address: 'fe80::a9fe:a9fe' },
  { cloud: 'AWS, IPv6', address: 'fd00:ec2::254' },
  { cloud: 'AWS, for the pods of EKS, IPv6', address: 'fd00:ec2::23' },
  { cloud: 'Google, IPv6', address: 'fd20:ce::254' },
  { cloud: 'Oracle, IPv6', address: 'fd00:c1::a9fe:a9fe' },
  { cloud: 'Scaleway, IPv6', address: 'fd00:42::42' },
  { cloud: 'Akamai, IPv6', address: 'fd00:a9fe:a9fe::1' },
  { cloud: 'Alibaba, IPv6', address: 'fd00:100::100:200' },
];
