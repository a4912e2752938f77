import { withTimeout } from '../../lib/abort.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { Kube } from '../../lib/kube/client.ts';
import type { Health } from '../../openapi/generated/types.ts';

const checkMs = 3000;

export const createHealthz =
  (kube: Kube): Handler =>
  async ({ signal }) => {
    const ready = await kube.ready(withTimeout(checkMs, signal));
    const error = ready ? [] : ['The Kubernetes API server does not answer.'];
    const json: Health = { status: ready ? 'OK' : 'ERROR', messages: messages({ error }) };
    return { status: ready ? 200 : 503, json };
  };
