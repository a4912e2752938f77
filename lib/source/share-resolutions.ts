import { unlessAborted } from '../abort.ts';
import type { Resolved, Source } from './source.ts';

/**
 * Resolutions of one ref: the resolution that runs now, and the next resolution, which callers who came meanwhile
 * share.
 */
type Turn = { running: Promise<Resolved>; next?: Promise<Resolved> };

/**
 * Wraps a source so that callers with the same ref of the same repository share one resolution. A caller never shares a
 * resolution that began before its call: a client that pushes a commit and then starts a build gets that commit.
 */
export const shareResolutions = (source: Source): Source => {
  const turns = new Map<string, Turn>();

  const begin = (key: string, url: string, ref: string | undefined): Promise<Resolved> => {
    const turn: Turn = { running: source.resolve(url, ref) };
    turns.set(key, turn);
    const end = () => void (turn.next || turns.delete(key));
    turn.running.then(end, end);
    return turn.running;
  };

  const join = (key: string, url: string, ref: string | undefined): Promise<Resolved> => {
    const turn = turns.get(key);
    if (!turn) return begin(key, url, ref);
    const again = () => begin(key, url, ref);
    turn.next ??= turn.running.then(again, again);
    return turn.next;
  };

  return {
    resolve: (url, ref, signal) => unlessAborted(join(JSON.stringify([url, ref]), url, ref), signal),
  };
};
