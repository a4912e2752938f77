import type { Grants, Mount, ServiceRow, Size, Verb } from '../../functions/row.ts';
import { jobs, services } from '../../functions/table.ts';
import type { Operation } from '../../openapi/operations.ts';

/** The names that differ between installations of the service. */
export type Site = {
  /** Namespace of the builds and of the functions. */
  namespace: string;
  /** Secret with the password of the registry's account. Default `registry-account`. */
  passwordSecret?: string;
};

/** A ServiceAccount and its permissions. */
export type AccountFacts = { name: string; hasToken: boolean; grants: Grants };

/** The facts about one function for its manifests, as plain data. */
export type ServiceFacts = Size & {
  name: string;
  kind: ServiceRow['kind'];
  exposure: ServiceRow['exposure'];
  /** Path of the program that the function's container runs. */
  program: string;
  concurrency: number;
  timeoutSeconds: number;
  scaling: ServiceRow['scaling'];
  environment: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
  eventTypes: readonly string[];
  schedule: string | undefined;
  takesDeadLetters: boolean;
};

export type Facts = { services: readonly ServiceFacts[]; accounts: readonly AccountFacts[] };

const merge = (grants: readonly Grants[] = []): Grants => {
  const merged: Record<string, Verb[]> = {};
  for (const [resource, verbs] of grants.flatMap(Object.entries) as [string, readonly Verb[]][])
    merged[resource] = [...new Set([...(merged[resource] ?? []), ...verbs])];
  return merged;
};

type Rows = Readonly<Record<string, ServiceRow>>;

const table: Rows = services;

/** Returns the rows of the table with the names of an installation. */
const rowsAt = ({ namespace, passwordSecret = 'registry-account' }: Site): Rows => {
  const text = JSON.stringify(table);
  return JSON.parse(text.replaceAll('{namespace}', namespace).replaceAll('{passwordSecret}', passwordSecret));
};

/**
 * Returns the token subjects that may send events to a function: Triggers, its schedule, and senders of dead letters.
 */
const eventSubjects = (name: string, rows: Rows, { namespace }: Site): string[] => {
  const row = rows[name];
  const subject = (owner: string, source: string) => `system:serviceaccount:${namespace}:${owner}-oidc-${source}`;
  const trigger = (owner: string) => subject(owner, 'eventing.knative.dev-trigger');
  const triggered = Object.keys(rows).filter((other) => rows[other]?.eventTypes);
  return [
    ...(row?.schedule ? [subject(name, 'sources.knative.dev-pingsource')] : []),
    ...(row?.eventTypes ? [trigger(name)] : []),
    ...(row?.takesDeadLetters ? triggered.filter((other) => other !== name).map(trigger) : []),
  ];
};

/** Returns the environment variables of the mounts that every installation has. */
const environmentOfMounts = (mounts: readonly Mount[] = []): Readonly<Record<string, string>> =>
  Object.assign({}, ...mounts.filter(({ onlyWith }) => !onlyWith).map(({ environment }) => environment));

const environmentOf = (row: ServiceRow, subjects: readonly string[]): Readonly<Record<string, string>> => ({
  ...(subjects.length > 0 ? { EVENT_SUBJECTS: subjects.join(',') } : {}),
  ...environmentOfMounts(row.mounts),
  ...row.environment,
});

const serviceFacts = (name: string, row: ServiceRow, subjects: readonly string[]): ServiceFacts => ({
  name,
  kind: row.kind,
  exposure: row.exposure,
  program: `/app/${name}/index.mjs`,
  concurrency: row.concurrency,
  timeoutSeconds: row.timeoutSeconds,
  scaling: row.scaling,
  cpu: row.cpu,
  memory: row.memory,
  memoryLimit: row.memoryLimit,
  environment: environmentOf(row, subjects),
  mounts: row.mounts ?? [],
  eventTypes: row.eventTypes ?? [],
  schedule: row.schedule,
  takesDeadLetters: row.takesDeadLetters ?? false,
});

/** Returns the facts about all functions and ServiceAccounts of one installation, from functions/table.ts. */
export const makeFacts = (site: Site): Facts => {
  const rows = rowsAt(site);
  return {
    services: Object.entries(rows).map(([name, row]) => serviceFacts(name, row, eventSubjects(name, rows, site))),
    accounts: [
      ...Object.entries(rows).map(([name, row]) => ({
        name,
        hasToken: !row.withoutToken,
        grants: merge(row.permissions),
      })),
      ...Object.entries(jobs).map(([name, { permissions }]) => ({ name, hasToken: true, grants: merge(permissions) })),
    ],
  };
};

/**
 * Returns the name of the function that serves an operation of the API, by functions/table.ts.
 * @throws Error for an operation that no row serves
 */
export const functionOf = (operation: string): string => {
  const serving = Object.entries(table).find(([name, row]) => (row.operations ?? [name]).includes(operation))?.[0];
  if (serving !== undefined) return serving;
  throw new Error(
    `No function serves the operation ${operation}: add an endpoint ${operation} to functions/table.ts, or name ${operation} in the operations of a row.`,
  );
};

/**
 * Returns the operations of the API that clients reach through the gateway.
 * @throws Error for an operation whose function is no endpoint
 */
export const exposedOperations = (operations: readonly Operation[]): Operation[] =>
  operations.filter(({ id, fn }) => {
    const row = table[fn];
    if (row?.kind !== 'endpoint')
      throw new Error(`Operation ${id} is served by ${fn}: add an endpoint ${fn} to functions/table.ts.`);
    return row.exposure === 'gateway';
  });
