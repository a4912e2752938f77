import { networkPattern, networkPatterns } from '../../lib/config/networks.ts';
import { settings } from '../../lib/config/settings.ts';
import { asName, closed, objectName, objectNameUpTo, resources, type Schema, text } from './schema.ts';

const steps = ['clone', 'analyze', 'detect', 'restore', 'build', 'seal', 'export'];

/** A number of a user or a group, not that of root. */
const id: Schema = { type: 'integer', minimum: 1, maximum: 4_294_967_294 };

const duration = text(
  'Time limit of the step.',
  settings.buildTimeout.expected,
  String(settings.buildTimeout.schema.pattern),
);

/** Settings of builds with one pair of images. */
const pair: Record<string, Schema> = {
  user: { description: 'CNB_USER_ID of the builder image.', ...id },
  group: { description: 'CNB_GROUP_ID of the builder image.', ...id },
  // A folder of the Pipeline or of the system must not become a folder that buildpacks may write.
  home: text(
    'HOME of buildpacks.',
    'a folder below /home, such as /home/build, or /tekton/home',
    '^(/home(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+|/tekton/home)$',
  ),
  cache: { description: 'Where the layers are kept that only builds need.', enum: ['image', 'none'] },
  resources: closed({ build: resources, others: resources }),
  timeouts: closed(Object.fromEntries(steps.map((step) => [step, duration]))),
};

const networks = (pattern: string, example: string): Schema => ({
  type: 'array',
  uniqueItems: true,
  items: {
    type: 'string',
    pattern,
    format: 'network',
    expected: `a list of address ranges such as ${example}, each with its first address`,
  },
});

/** Schema of the values of the chart builds-builder. */
export const builderValues: Schema = closed(
  {
    global: { type: 'object' },
    pipeline: text(
      'The Pipeline of the builds. With the longest suffix, -deprecated, the name must fit into a label.',
      'a name of at most 52 lower-case letters, digits and hyphens',
      objectNameUpTo(52),
    ),
    serviceAccount: text("The ServiceAccount of the builds' pods.", asName, objectName),
    default: closed(pair, Object.keys(pair)),
    latest: closed(pair),
    deprecated: closed(pair),
    blockedAddresses: closed({
      ipv4: networks(`^${networkPatterns.ipv4}$`, '10.0.0.0/8'),
      ipv6: networks(`^${networkPatterns.ipv6}$`, 'fd00::/8'),
    }),
    submodules: closed(
      {
        allowHttp: { description: 'Whether submodules may be fetched without TLS.', type: 'boolean' },
        allowedAddresses: networks(networkPattern, '10.1.0.0/16'),
      },
      ['allowHttp', 'allowedAddresses'],
    ),
  },
  ['pipeline', 'serviceAccount', 'default', 'latest', 'deprecated', 'blockedAddresses', 'submodules'],
);
