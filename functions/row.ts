export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/**
 * What a ServiceAccount may do in the namespace of the builds: the verbs by resource. A resource's name holds its API
 * group, such as `tekton.dev/pipelineruns`, and after `#` the name of the only object that is meant.
 */
export type Grants = Readonly<Record<string, readonly Verb[]>>;

/** A key of a Secret, mounted as a file that has the Secret's name. */
type SecretKey = { secret: string; key: string };

/** Files that an instance finds in a folder. A Secret or ConfigMap that does not exist leaves the folder empty. */
export type Mount = {
  name: string;
  path: string;
  source:
    | { secret: string }
    | { configMap: string }
    | { secrets: readonly SecretKey[] }
    /** A token of the function's ServiceAccount for an audience, as the file `token`. `seconds`: its lifetime. */
    | { tokenFor: string; seconds: number };
  /** Variables that say where the files are. */
  environment?: Readonly<Record<string, string>>;
  /** The optional part of an installation that has this mount. Default: every installation has the mount. */
  component?: string;
};

export type Size = {
  /** What the scheduler reserves, in Kubernetes' units. */
  cpu: string;
  memory: string;
  /** An instance that needs more memory is killed. */
  memoryLimit: string;
};

/** How Knative scales a function, where its defaults do not fit. */
type Scaling = {
  /** Seconds without a request after which the last instance ends. */
  windowSeconds: number;
  maxInstances: number;
};

/** In names and values, `{namespace}` is the namespace of the builds. */
export type ServiceRow = Size & {
  /** `endpoint`: functions/NAME serves operations of the contract. `event`: events/NAME takes CloudEvents. */
  kind: 'endpoint' | 'event';
  /** `gateway`: clients reach the function's operations. `cluster`: only the cluster's own components do. */
  exposure: 'gateway' | 'cluster';
  /** Requests that one instance handles at the same time. */
  concurrency: number;
  /** Seconds after which Knative cuts a request. */
  timeoutSeconds: number;
  scaling?: Scaling;
  mounts?: readonly Mount[];
  environment?: Readonly<Record<string, string>>;
  /** Merged into the Role of the function's ServiceAccount. Default: no permission at all. */
  permissions?: readonly Grants[];
  /** The pods hold no token, since the function sends nothing to the API server. */
  withoutToken?: true;
  /** Types of the broker's events that a Trigger delivers. */
  eventTypes?: readonly string[];
  /** A cron expression: when an empty event is sent. */
  schedule?: string;
  /** The broker sends here what it could not deliver. */
  takesDeadLetters?: true;
};

export type JobRow = {
  /** The program's source file. */
  source: string;
  /** The bundle's path below dist/functions, without its extension. */
  program: string;
  permissions: readonly Grants[];
};
