import { readFile } from 'node:fs/promises';
import type { Settings } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import type { OwnEvent } from './build-event.ts';

/** Names of the settings that a function needs to send events to the broker. */
export const brokerSettings = ['brokerUrl', 'brokerTokenFile'] as const;

/**
 * Time limit for the broker's response to an event, in milliseconds. The broker responds when all subscribers have
 * handled the event.
 */
const timeoutMs = 60_000;

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The broker did not take the event.', { cause });

/**
 * Returns the Authorization header of an event for the broker. The token is read for each event, because Kubernetes
 * renews the token's file.
 */
const authorizationFrom = async (tokenFile: string | undefined): Promise<Record<string, string>> => {
  const token = tokenFile && (await readFile(tokenFile, 'utf8')).trim();
  return token ? { authorization: `Bearer ${token}` } : {};
};

/**
 * Makes the function that sends an event to the broker. The function throws ApiError 503 `unavailable` when the broker
 * does not accept the event.
 */
export const sendFromSettings =
  ({ brokerUrl, brokerTokenFile }: Settings<(typeof brokerSettings)[number]>) =>
  async (event: OwnEvent): Promise<void> => {
    // The package cloudevents is imported on demand: most reads send no event, and the package is a tenth of the code
    // that a cold start of such a function would load. The import goes through a file of ours, because the package is
    // CommonJS: a bundle's import() of a CommonJS package has only a default export.
    const { encodeEvent } = await import('./encode-event.ts');
    const { headers, body } = encodeEvent(event);
    const response = await fetch(brokerUrl, {
      method: 'POST',
      headers: { ...headers, ...(await authorizationFrom(brokerTokenFile)) },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw unavailable(error);
    });
    await response.body?.cancel();
    if (!response.ok) throw unavailable(new Error(`the broker responded with status ${response.status}`));
  };
