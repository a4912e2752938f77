/**
 * Data files of the chart knative/charts/builds-api. The chart's templates have the shape of each object, and the data
 * files have what differs: functions, permissions, rules of policies, routes. The text of a data file is a template
 * too: it holds Helm expressions in place of names that an installation chooses.
 */
import type { Mount, Verb } from '../../functions/row.ts';
import { settings } from '../../lib/config/settings.ts';
import { httpRoutes } from '../../openapi/gateway.ts';
import type { Operation } from '../../openapi/operations.ts';
import { chartSettings, chartValueOf } from './chart-settings.ts';
import { type AccountFacts, makeFacts, type ServiceFacts, type Site } from './facts.ts';
import { accountPolicies } from './policies.ts';
import type { Policy } from './policy.ts';
import { yamlFile } from './yaml.ts';

const rule = ([resource, verbs]: [string, readonly Verb[]]) => {
  const [path = '', object] = resource.split('#');
  const [group, name] = /^(?:([a-z0-9.-]+\.[a-z]+|batch)\/)?(.+)$/.exec(path)?.slice(1) ?? [];
  const names = object ? { resourceNames: [object] } : {};
  return { apiGroups: [group ?? ''], resources: [name], ...names, verbs: [...verbs] };
};

const account = ({ name, hasToken, grants }: AccountFacts) => ({
  name,
  hasToken,
  rules: Object.entries(grants).map(rule),
});

const volumeSource = ({ source }: Mount): object => {
  if ('secret' in source) return { secret: { secretName: source.secret, optional: true } };
  if ('configMap' in source) return { configMap: { name: source.configMap, optional: true } };
  if ('tokenFor' in source) {
    const token = { audience: source.tokenFor, path: 'token', expirationSeconds: source.seconds };
    return { projected: { sources: [{ serviceAccountToken: token }] } };
  }
  const sources = source.secrets.map(({ secret, key }) => ({
    secret: { name: secret, optional: true, items: [{ key, path: secret }] },
  }));
  return { projected: { sources } };
};

const mountData = (mount: Mount) => ({
  name: mount.name,
  path: mount.path,
  source: volumeSource(mount),
  ...(mount.onlyWith ? { onlyWith: chartValueOf(mount.onlyWith), environment: mount.environment ?? {} } : {}),
});

const service = (facts: ServiceFacts) => ({
  name: facts.name,
  program: facts.program,
  concurrency: facts.concurrency,
  timeoutSeconds: facts.timeoutSeconds,
  ...(facts.scaling ? { scaling: facts.scaling } : {}),
  resources: { requests: { cpu: facts.cpu, memory: facts.memory }, limits: { memory: facts.memoryLimit } },
  environment: facts.environment,
  mounts: facts.mounts.map(mountData),
  ...(facts.eventTypes.length > 0 ? { eventTypes: facts.eventTypes } : {}),
  ...(facts.schedule ? { schedule: facts.schedule } : {}),
  ...(facts.takesDeadLetters ? { takesDeadLetters: true } : {}),
});

/** Variables are a list, because a variable may use the variables before it, and Helm sorts the keys of an object. */
const policy = ({ variables = {}, ...others }: Policy) => ({
  ...others,
  variables: Object.entries(variables).map(([name, expression]) => ({ name, expression })),
});

/** Names that stand for the installation's names until `withExpressions` replaces them. */
const placeholders = {
  namespace: 'namespace-of-the-builds',
  passwordSecret: 'secret-of-the-password',
} satisfies Required<Site>;

/** Replaces the placeholders by Helm expressions. */
const withExpressions = (text: string): string =>
  text
    .replaceAll(placeholders.namespace, '{{ .Values.buildsNamespace }}')
    .replaceAll(placeholders.passwordSecret, '{{ .Values.api.passwordSecretName }}');

const table = 'functions/table.ts';
const runs = 'functions/table.ts, lib/tekton/run.ts, lib/registry/names.ts and lib/logs/archive/archiver-job.ts';
const contract = 'openapi/openapi.yaml and functions/table.ts';

/** Variables of the settings, by the names of the chart's values below `config`. */
const variables = () => Object.fromEntries(chartSettings.map((name) => [chartValueOf(name), settings[name].name]));

/**
 * Returns the data files of the chart: the text of each file by its name.
 * @param exposed the operations that clients reach through the gateway
 */
export const chartData = (exposed: Operation[]): Record<string, string> => {
  const facts = makeFacts(placeholders);
  const files = {
    'functions.yaml': yamlFile(table, [{ functions: facts.services.map(service) }]),
    'accounts.yaml': yamlFile(table, [{ accounts: facts.accounts.map(account) }], 5),
    'policies.yaml': yamlFile(runs, [{ policies: accountPolicies(facts).map(policy) }]),
    'http-routes.yaml': yamlFile(contract, [{ routes: httpRoutes(exposed) }]),
    'settings.yaml': yamlFile('lib/config/settings.ts', [{ variables: variables() }]),
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, withExpressions(text)]));
};
