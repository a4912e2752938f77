import type { KubeObject } from '../../../embedded/kubernetes/types.ts';

export type WatchEvent = { type: string; object: KubeObject & { code?: number; reason?: string } };

/** Reads a watch of the Kubernetes API until `enough` returns true for the events so far, and returns these events. */
export const watchUntil = async (url: string, enough: (events: WatchEvent[]) => boolean): Promise<WatchEvent[]> => {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  const events: WatchEvent[] = [];
  let rest = '';
  if (enough(events)) stop.abort();
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line) as WatchEvent));
      if (enough(events)) break;
    }
  } finally {
    stop.abort();
  }
  return events;
};
