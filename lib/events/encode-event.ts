import { CloudEvent, HTTP } from 'cloudevents';
import type { OwnEvent } from './build-event.ts';

/** Headers and body of an HTTP request that carries an event. */
export type EncodedEvent = { headers: Record<string, string>; body: string };

/** Encodes an event for an HTTP request, in the binary mode of CloudEvents. */
export const encodeEvent = (event: OwnEvent): EncodedEvent => {
  const { headers, body } = HTTP.binary(new CloudEvent(event));
  return { headers: headers as Record<string, string>, body: body as string };
};
