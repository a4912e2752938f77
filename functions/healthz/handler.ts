import { withTimeout } from '../../lib/abort.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Kube } from '../../lib/kube/client.ts';
import type { HealthResponse } from '../../openapi/generated/types.ts';

/** Time limit for the response of the Kubernetes API server to a health check, in milliseconds. */
const checkTimeoutMs = 3000;

/** Makes the handler of healthz, which responds with 503 while the Kubernetes API server is not ready. */
export const createHealthz =
  (kube: Kube): Handler =>
  async ({ signal }) => {
    const ready = await kube.ready(withTimeout(checkTimeoutMs, signal));
    const error = ready ? [] : ['The Kubernetes API server does not respond.'];
    const json: HealthResponse = { status: ready ? 'OK' : 'ERROR', messages: messages({ error }) };
    return { status: ready ? 200 : 503, json };
  };
