import { services } from '../../functions/table.ts';
import { expectation } from '../../lib/config/setting.ts';
import { type SettingName, settings } from '../../lib/config/settings.ts';
import { chartSettings, chartValueOf, isRequired } from './chart-settings.ts';
import { settingGroups } from './settings-text.ts';
import { notice } from './yaml.ts';

/** A JSON Schema that `helm` checks values with. */
type Schema = { [keyword: string]: unknown };

const text = (description: string, pattern: string): Schema => ({ description, type: 'string', pattern });

/** Returns the schema of an object without other fields than the given ones. */
const closed = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

const objectName = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';

const quantities: Schema = { type: 'object', additionalProperties: { type: ['string', 'number'] } };
const resources = closed({ requests: quantities, limits: quantities });

const image = closed(
  {
    name: text('The image, without its tag.', '^[a-z0-9]+([._:/-]+[a-z0-9]+)*$'),
    tag: text(
      'The tag, with a digest where one is known, such as 1.0@sha256:…',
      '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$',
    ),
    pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
  },
  ['name', 'tag'],
);

const descriptions: Partial<Record<SettingName, string>> = Object.assign(
  {},
  ...settingGroups.map(({ lines }) => lines),
);

const settingSchema = (name: SettingName): Schema => {
  const setting = settings[name];
  const meaning = descriptions[name] ?? '';
  const present = isRequired(name) ? { type: 'string', minLength: 1 } : {};
  return { description: `${setting.name}. ${meaning} Must be ${expectation(setting)}.`, ...setting.schema, ...present };
};

const config = closed(
  {
    debug: { description: 'Whether nginx of the gateway logs why it refuses connections.', type: 'boolean' },
    port: { description: "The port of the gateway's Service.", type: 'integer', minimum: 1, maximum: 65535 },
    ...Object.fromEntries(chartSettings.map((name) => [chartValueOf(name), settingSchema(name)])),
  },
  ['debug', 'port', ...chartSettings.filter(isRequired).map(chartValueOf)],
);

const gateway = closed(
  {
    image,
    apiGatewaySubject: text("The subject of the API gateway's certificate.", '^[^"\\\\$]*$'),
    service: closed(
      {
        name: text('The Service that the API gateway calls.', objectName),
        type: { enum: ['ClusterIP', 'NodePort'] },
        nodePort: {
          description: 'The port of the nodes, for the type NodePort. Without it Kubernetes chooses one.',
          type: ['integer', 'null'],
          minimum: 1,
          maximum: 65535,
        },
      },
      ['name', 'type'],
    ),
  },
  ['image', 'service'],
);

const certificates = closed(
  {
    internalClusterDomain: text("The cluster's DNS domain, such as tools.local.", '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'),
    apiGatewayCa: text("The ClusterIssuer of the API gateway's certificates, or nothing.", `^$|${objectName}`),
  },
  ['internalClusterDomain'],
);

const ofFunction = closed({
  resources,
  timeoutSeconds: { description: 'When Knative ends a response, in seconds.', type: 'integer', minimum: 1 },
  secrets: {
    description:
      'Secrets of this function in the place of those that it shares with others, by the name of the latter.',
    type: 'object',
    additionalProperties: { type: 'string', pattern: objectName },
  },
});

const values = closed(
  {
    global: { type: 'object' },
    ...Object.fromEntries(
      ['chartRepository', 'chartVersion', 'kubeVersion'].map((name) => [
        name,
        { description: 'Read by helmfile only.', type: 'string' },
      ]),
    ),
    buildsNamespace: text('The namespace of the builds and of the functions.', objectName),
    image,
    replicas: { description: 'Pods of the gateway.', type: 'integer', minimum: 1 },
    resources,
    certificates,
    api: closed({ passwordSecretName: text('The Secret with the password of the registry account.', objectName) }),
    config,
    gateway,
    functions: closed(Object.fromEntries(Object.keys(services).map((name) => [name, ofFunction]))),
    broker: closed({ class: { type: 'string' }, config: { type: 'object' } }),
    gatewayApi: closed({ enabled: { type: 'boolean' } }, ['enabled']),
    crds: closed({ create: { type: 'boolean' } }, ['create']),
  },
  ['buildsNamespace', 'image', 'replicas', 'resources', 'certificates', 'api', 'config', 'gateway'],
);

/** Returns the text of the chart's values.schema.json, by which helm refuses an unknown or wrong value with its name. */
export const chartSchema = (): string => {
  const sources = 'lib/config/settings.ts, functions/table.ts and scripts/generate/chart-schema.ts';
  const schema = { $comment: notice(sources), $schema: 'http://json-schema.org/draft-07/schema#', ...values };
  return `${JSON.stringify(schema, null, 1)}\n`;
};
