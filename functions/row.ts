import type { SettingName } from '../lib/config/settings.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/**
 * Permissions of a ServiceAccount in the namespace of the builds: verbs by resource. A resource's name holds its API
 * group, such as `tekton.dev/pipelineruns`, and after `#` the name of the only object that the verbs are allowed for.
 */
export type Grants = Readonly<Record<string, readonly Verb[]>>;

/** One key of a Secret. The key is mounted as a file, and the file is named like the Secret. */
type SecretKey = { secret: string; key: string };

/** Files mounted into a function's instances. A Secret or ConfigMap that does not exist leaves the folder empty. */
export type Mount = {
  name: string;
  path: string;
  source:
    | { secret: string }
    | { configMap: string }
    | { secrets: readonly SecretKey[] }
    /**
     * A file `token` with a token of the function's ServiceAccount. `tokenFor`: its audience. `seconds`: its lifetime.
     */
    | { tokenFor: string; seconds: number };
  /** Environment variables that tell the function where its mounted files are. */
  environment?: Readonly<Record<string, string>>;
  /** Setting without which an installation does not have the mount. Default: every installation has the mount. */
  onlyWith?: SettingName;
};

export type Size = {
  /** CPU and memory that the scheduler reserves for an instance, in Kubernetes' units. */
  cpu: string;
  memory: string;
  /** Memory limit of an instance, in Kubernetes' units. An instance that needs more memory is killed. */
  memoryLimit: string;
};

/** Scaling of a function by Knative, when Knative's defaults do not fit. */
type Scaling = {
  /** Seconds without a request after which the last instance of a function ends. */
  windowSeconds: number;
  maxInstances: number;
};

/**
 * Row of the table of functions, for one function or event function. In names and values of the row, `{namespace}`
 * stands for the namespace of the builds, and `{passwordSecret}` for the Secret with the registry account's password.
 */
export type ServiceRow = Size & {
  /**
   * Kind of the function. `endpoint`: functions/NAME serves API operations. `event`: events/NAME receives CloudEvents.
   * `page`: functions/NAME serves the web page.
   */
  kind: 'endpoint' | 'event' | 'page';
  /**
   * The operationIds of the API's operations that the function serves. The ids are those of builds-api 2, by which
   * clients know the operations. Default: the function's own name.
   */
  operations?: readonly string[];
  /** Callers of the function. `gateway`: clients of the API. `cluster`: only the cluster's own components. */
  exposure: 'gateway' | 'cluster';
  /** Number of requests that one instance of the function handles at the same time. */
  concurrency: number;
  /** Seconds after which Knative aborts a request to the function. */
  timeoutSeconds: number;
  scaling?: Scaling;
  mounts?: readonly Mount[];
  environment?: Readonly<Record<string, string>>;
  /** Permissions of the function's ServiceAccount, which are merged into one Role. Default: no permission at all. */
  permissions?: readonly Grants[];
  /** The function's pods get no ServiceAccount token, because the function sends nothing to the API server. */
  withoutToken?: true;
  /** Types of the events that a Trigger delivers from the broker to the function. */
  eventTypes?: readonly string[];
  /** Cron expression for the times when the function receives an empty event. */
  schedule?: string;
  /** The function receives the events that the broker could not deliver elsewhere. */
  takesDeadLetters?: true;
};

export type JobRow = {
  /** Source file of a Job's program. */
  source: string;
  /** Path of a Job's bundled program below dist/functions, without its extension. */
  program: string;
  permissions: readonly Grants[];
};
