import { readFile } from 'node:fs/promises';
import { type CloudEvent, HTTP } from 'cloudevents';
import type { Settings } from '../config/settings.ts';
import { ApiError } from '../errors.ts';

export const brokerSettings = ['brokerUrl', 'brokerTokenFile'] as const;

/** The broker answers when all its subscribers are done. */
const timeoutMs = 60_000;

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The broker did not take the event.', { cause });

/** Sends events to the broker, with the token that is in the file at that time. @throws ApiError 503 `unavailable` */
export const sendFromSettings =
  ({ brokerUrl, brokerTokenFile }: Settings<(typeof brokerSettings)[number]>) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { headers, body } = HTTP.binary(event);
    const token = brokerTokenFile && (await readFile(brokerTokenFile, 'utf8')).trim();
    const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const init = {
      method: 'POST',
      headers: { ...(headers as Record<string, string>), ...authorization },
      body: body as string,
    };
    const response = await fetch(brokerUrl, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch(
      (error: unknown) => {
        throw unavailable(error);
      },
    );
    await response.body?.cancel();
    if (!response.ok) throw unavailable(new Error(`status ${response.status}`));
  };
