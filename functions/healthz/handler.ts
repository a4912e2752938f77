import { withTimeout } from '../../lib/abort.ts';
import { certificateProblem } from '../../lib/certificate-problem.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ReadKube } from '../../lib/kube/client.ts';
import { isNotFound, KubeError } from '../../lib/kube/kube-error.ts';
import type { Log } from '../../lib/log.ts';
import type { HealthResponse } from '../../openapi/generated/types.ts';

export type HealthzOptions = { kube: Pick<ReadKube, 'namespace' | 'readNamespace'>; log: Log };

/** Time limit for the response of the Kubernetes API server to a health check, in milliseconds. */
const checkTimeoutMs = 3000;

const unreachable = (error: unknown, namespace: string): string => {
  const problem = certificateProblem(error);
  const reason = problem
    ? `The certificate of the Kubernetes API server ${problem}.`
    : 'The Kubernetes API server does not respond.';
  return `${reason} The namespace ${namespace} of the builds is out of reach.`;
};

/** Returns the reason why the namespace of the builds can't be read, for people who look at the health check. */
const reasonOf = (error: unknown, namespace: string): string => {
  if (isNotFound(error))
    return `The namespace ${namespace} of the builds does not exist. Create it, or correct BUILDS_NAMESPACE.`;
  if (!(error instanceof KubeError)) return unreachable(error, namespace);
  if (error.status === 401)
    return 'The Kubernetes API server does not accept the token of the function healthz. Check its ServiceAccount.';
  return error.status === 403
    ? `The function healthz may not read the namespace ${namespace} of the builds. Apply its Role there.`
    : `The Kubernetes API server refuses to show the namespace ${namespace} of the builds (${error.status} ${error.reason}).`;
};

/** Returns why no build can run in the namespace of the builds. Undefined where builds can run. */
const findProblem = async ({ kube, log }: HealthzOptions, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const { status } = await kube.readNamespace(withTimeout(checkTimeoutMs, signal));
    return status?.phase === 'Terminating'
      ? `The namespace ${kube.namespace} of the builds is being deleted.`
      : undefined;
  } catch (error) {
    log('WARNING', 'the namespace of the builds is out of reach', { namespace: kube.namespace, error });
    return reasonOf(error, kube.namespace);
  }
};

/**
 * Makes the handler of healthz, which responds with 500 while the namespace of the builds is out of reach. The reason
 * stands in `messages.info`, as in builds-api 2.
 */
export const createHealthz =
  (options: HealthzOptions): Handler =>
  async ({ signal }) => {
    const problem = await findProblem(options, signal);
    const json: HealthResponse = {
      status: problem === undefined ? 'OK' : 'ERROR',
      messages: messages(problem === undefined ? {} : { info: [problem] }),
    };
    return { status: problem === undefined ? 200 : 500, json };
  };
