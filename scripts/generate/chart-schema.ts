import { services } from '../../functions/table.ts';
import { expectation } from '../../lib/config/setting.ts';
import { type SettingName, settings } from '../../lib/config/settings.ts';
import { chartSettings, chartValueOf, isRequired } from './chart-settings.ts';
import { asName, closed, objectName, resources, type Schema, text } from './schema.ts';
import { settingGroups } from './settings-text.ts';

const namePart = '[a-z0-9]+([._-]+[a-z0-9]+)*';

const image = closed(
  {
    name: text(
      'The image, without its tag.',
      'an image without its tag, such as harbor.example.org/toolforge/builds/functions',
      `^([A-Za-z0-9.-]+(:[0-9]+)?/)?${namePart}(/${namePart})*$`,
    ),
    tag: text(
      'The tag, with a digest where one is known.',
      'a tag, with the digest where one is known, such as 1.0@sha256:… with 64 hexadecimal digits',
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

/** Returns the setting's schema where a value must be given: the schema accepts no empty text and no null. */
const required = ({ pattern, ...others }: Schema): Schema => ({
  ...others,
  type: 'string',
  pattern: String(pattern).replace('^$|', ''),
});

const settingSchema = (name: SettingName): Schema => {
  const setting = settings[name];
  const isNeeded = isRequired(name);
  const expected = isNeeded ? setting.expected : expectation(setting);
  return {
    description: `${setting.name}. ${descriptions[name] ?? ''} Must be ${expected}.`,
    expected: expected.replace('comma-separated ', ''),
    ...(isNeeded ? required(setting.schema) : setting.schema),
  };
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
    apiGatewaySubject: text(
      "The subject of the API gateway's certificate.",
      'a subject as nginx prints it, such as CN=api-gateway, without quotation marks, backslashes and dollar signs',
      '^[^"\\\\$]*$',
    ),
    service: closed(
      {
        name: text('The Service that the API gateway calls.', asName, objectName),
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
    internalClusterDomain: text(
      "The cluster's DNS domain, such as tools.local.",
      "the cluster's DNS domain such as tools.local",
      '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    ),
    apiGatewayCa: text(
      "The ClusterIssuer of the API gateway's certificates, or nothing.",
      `empty or ${asName}`,
      `^$|${objectName}`,
    ),
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
    additionalProperties: { type: 'string', expected: asName, pattern: objectName },
  },
});

/** Schema of the values of the chart builds-api. */
export const apiValues: Schema = closed(
  {
    global: { type: 'object' },
    ...Object.fromEntries(
      ['chartRepository', 'chartVersion', 'kubeVersion'].map((name) => [
        name,
        { description: 'Read by helmfile only.', type: 'string' },
      ]),
    ),
    buildsNamespace: text('The namespace of the builds and of the functions.', asName, objectName),
    image,
    replicas: { description: 'Pods of the gateway.', type: 'integer', minimum: 1 },
    resources,
    certificates,
    api: closed({
      passwordSecretName: text('The Secret with the password of the registry account.', asName, objectName),
    }),
    config,
    gateway,
    functions: { type: 'object', propertyNames: { enum: Object.keys(services) }, additionalProperties: ofFunction },
    broker: closed({
      class: text('The class of the Broker.', 'empty or the class of a Broker such as Kafka', '^$|^[A-Za-z0-9.-]+$'),
      config: { type: 'object' },
    }),
    gatewayApi: closed({ enabled: { type: 'boolean' } }, ['enabled']),
    crds: closed({ create: { type: 'boolean' } }, ['create']),
  },
  ['buildsNamespace', 'image', 'replicas', 'resources', 'certificates', 'api', 'config', 'gateway'],
);
