import { readFile } from 'node:fs/promises';
import type { Settings } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import type { OwnEvent } from './build-event.ts';

/** The settings of a function that sends events. */
export const brokerSettings = ['brokerUrl', 'brokerTokenFile'] as const;

/** Milliseconds for the broker's response. The broker responds when all subscribers have handled the event. */
const timeoutMs = 60_000;

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The broker did not take the event.', { cause });

/** Reads the token for each event, because Kubernetes renews the file. */
const authorizationFrom = async (tokenFile: string | undefined): Promise<Record<string, string>> => {
  const token = tokenFile && (await readFile(tokenFile, 'utf8')).trim();
  return token ? { authorization: `Bearer ${token}` } : {};
};

/** Makes the function that sends an event to the broker. The function throws ApiError 503 `unavailable`. */
export const sendFromSettings =
  ({ brokerUrl, brokerTokenFile }: Settings<(typeof brokerSettings)[number]>) =>
  async (event: OwnEvent): Promise<void> => {
    // Imported on demand: most reads send no event, and cloudevents is a tenth of the code of their cold start.
    const { CloudEvent, HTTP } = await import('cloudevents');
    const message = HTTP.binary(new CloudEvent(event));
    const headers = { ...(message.headers as Record<string, string>), ...(await authorizationFrom(brokerTokenFile)) };
    const response = await fetch(brokerUrl, {
      method: 'POST',
      headers,
      body: message.body as string,
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw unavailable(error);
    });
    await response.body?.cancel();
    if (!response.ok) throw unavailable(new Error(`the broker responded with status ${response.status}`));
  };
