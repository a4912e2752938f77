import { networkPatterns } from '../../lib/config/networks.ts';
import { asName, closed, objectName, resources, type Schema, text } from './schema.ts';

const networks = (pattern: string, example: string): Schema => ({
  type: 'array',
  uniqueItems: true,
  items: {
    type: 'string',
    pattern: `^${pattern}$`,
    format: 'network',
    expected: `a list of address ranges such as ${example}, each with its first address`,
  },
});

/** Schema of the values of the chart builds-builder. */
export const builderValues: Schema = closed(
  {
    global: { type: 'object' },
    pipeline: text('The Pipeline of the builds.', asName, objectName),
    serviceAccount: text("The ServiceAccount of the builds' pods.", asName, objectName),
    resources,
    blockedAddresses: closed({
      ipv4: networks(networkPatterns.ipv4, '10.0.0.0/8'),
      ipv6: networks(networkPatterns.ipv6, 'fd00::/8'),
    }),
    submodules: closed(
      {
        allowHttp: { description: 'Whether submodules may be fetched without TLS.', type: 'boolean' },
        allowedAddresses: networks(`(${networkPatterns.ipv4}|${networkPatterns.ipv6})`, '10.1.0.0/16'),
      },
      ['allowHttp', 'allowedAddresses'],
    ),
  },
  ['pipeline', 'serviceAccount', 'resources', 'blockedAddresses', 'submodules'],
);
