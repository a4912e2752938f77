export type Queue<Key> = {
  /** Handles the key soon. A key that is added several times meanwhile is handled once. */
  add(key: Key): void;
  /** Handles the key after this many milliseconds at the latest. */
  addAfter(key: Key, milliseconds: number): void;
  close(): void;
};

const maxTimerMs = 2 ** 31 - 1;
const retryMs = 1000;

/**
 * Makes a queue of keys whose objects are to be reconciled. A key whose handler throws is handled again after a second.
 */
export const createQueue = (
  handle: (key: string) => void,
  onError: (key: string, error: unknown) => void,
): Queue<string> => {
  const waiting = new Set<string>();
  const timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  let closed = false;

  const drain = (): void => {
    const keys = [...waiting];
    waiting.clear();
    for (const key of keys) if (!closed) attempt(key);
  };

  const attempt = (key: string): void => {
    try {
      handle(key);
    } catch (error) {
      onError(key, error);
      addAfter(key, retryMs);
    }
  };

  const add = (key: string): void => {
    if (closed) return;
    if (waiting.size === 0) setImmediate(drain);
    waiting.add(key);
  };

  const addAfter = (key: string, milliseconds: number): void => {
    const at = Date.now() + milliseconds;
    const earlier = timers.get(key);
    if (closed || (earlier && earlier.at <= at)) return;
    clearTimeout(earlier?.timer);
    const fire = () => {
      timers.delete(key);
      add(key);
    };
    timers.set(key, { at, timer: setTimeout(fire, Math.min(Math.max(milliseconds, 0), maxTimerMs)) });
  };

  return {
    add,
    addAfter,
    close() {
      closed = true;
      for (const { timer } of timers.values()) clearTimeout(timer);
    },
  };
};
