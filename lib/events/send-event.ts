import type { Settings } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import { type Secret, withSecret } from '../secret.ts';
import type { OwnEvent } from './build-event.ts';

/** Names of the settings that a function needs to send events to the broker. */
export const brokerSettings = ['brokerUrl', 'brokerToken'] as const;

/**
 * Time limit for the broker's response to an event, in milliseconds. The broker responds when all subscribers have
 * handled the event.
 */
const timeoutMs = 60_000;

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The broker did not take the event.', { cause });

/** Calls `post` with the headers that authorize an event at the broker. Kubernetes renews the token. */
const authorized = async (
  token: Secret | undefined,
  post: (headers: Record<string, string>) => Promise<Response>,
): Promise<Response> => {
  if (!token) return post({});
  return withSecret(
    token,
    (value) => post({ authorization: `Bearer ${value}` }),
    ({ status }) => status === 401,
  );
};

/**
 * Makes the function that sends an event to the broker. The function throws ApiError 503 `unavailable` when the broker
 * does not accept the event.
 */
export const sendFromSettings =
  ({ brokerUrl, brokerToken }: Settings<(typeof brokerSettings)[number]>) =>
  async (event: OwnEvent): Promise<void> => {
    // The package cloudevents is imported on demand: most reads send no event, and the package is a tenth of the code
    // that a cold start of such a function would load. The import goes through a file of ours, because the package is
    // CommonJS: a bundle's import() of a CommonJS package has only a default export.
    const { encodeEvent } = await import('./encode-event.ts');
    const { headers, body } = encodeEvent(event);
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await authorized(brokerToken, async (authorization) => {
      const received = await fetch(brokerUrl, {
        method: 'POST',
        headers: { ...headers, ...authorization },
        body,
        signal,
      });
      await received.body?.cancel();
      return received;
    }).catch((error: unknown) => {
      throw unavailable(error);
    });
    if (!response.ok) throw unavailable(new Error(`the broker responded with status ${response.status}`));
  };
