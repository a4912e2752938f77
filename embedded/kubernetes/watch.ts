import type { ServerResponse } from 'node:http';
import type { Change } from './changes.ts';
import { expired, toStatus } from './errors.ts';
import { apiVersionOf } from './kinds.ts';
import { matcherOf, versionOf } from './list.ts';
import type { Target } from './route.ts';
import type { Matcher } from './selectors.ts';
import type { VersionedStore } from './store.ts';
import type { KubeObject } from './types.ts';

/**
 * Longest life in seconds of a watch whose request has no timeoutSeconds. A real API server ends watches, too, so
 * clients must open them again.
 */
const defaultLifeSeconds = 30 * 60;
/** Most bytes that may wait for a slow watcher: 16 MiB. A watcher with more is disconnected and must list again. */
const maxBehindBytes = 16 * 1024 * 1024;

export type WatchOptions = { bookmarkMs: number };

/**
 * Serves a watch of objects. Without a resourceVersion the watch starts with the existing objects, otherwise with the
 * changes since that version. Then every change is sent as it happens.
 * @returns a function that ends the watch
 */
export const serveWatch = (
  store: VersionedStore,
  target: Target,
  query: URLSearchParams,
  res: ServerResponse,
  { bookmarkMs }: WatchOptions,
): (() => void) => {
  const matches = matcherOf(target.kind, query);
  const from = versionOf(store, query.get('resourceVersion'));
  const write = openStream(res);
  const missed = from === 0 ? [] : store.since(from);
  if (!missed) return endExpired(write, res, from, store.version());
  let sent = from;
  const send = (change: Change) => {
    if (change.version <= sent) return;
    sent = change.version;
    const event = eventFor(change, target, matches);
    if (event) write(event);
  };
  if (from === 0) for (const { json } of existing(store, target, matches)) write(`{"type":"ADDED","object":${json}}\n`);
  if (from === 0) sent = store.version();
  for (const change of missed) send(change);
  const bookmark = query.get('allowWatchBookmarks') === 'true' ? () => write(bookmarkJson(target, store)) : () => {};
  return live(store, send, bookmark, res, { bookmarkMs, lifeMs: lifeOf(query) });
};

const openStream = (res: ServerResponse): ((text: string) => void) => {
  res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  res.flushHeaders();
  return (text) => {
    res.write(text);
    if (res.writableLength > maxBehindBytes) res.destroy();
  };
};

const lifeOf = (query: URLSearchParams): number => {
  const given = Number(query.get('timeoutSeconds') ?? 0);
  return 1000 * (given > 0 ? Math.min(given, 86_400) : defaultLifeSeconds);
};

const endExpired = (write: (text: string) => void, res: ServerResponse, from: number, now: number): (() => void) => {
  const status = toStatus(expired(`too old resource version: ${from} (${now})`));
  write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
  res.end();
  return () => {};
};

const existing = (store: VersionedStore, { kind, namespace }: Target, matches: Matcher): { json: string }[] =>
  store.entries(kind.resource, namespace).filter(({ object }) => matches(object));

/**
 * Returns the watch event of a change for one watcher; undefined when the change does not concern the watcher. An
 * object that no longer matches the selector is deleted for this watcher; an object that starts to match is added.
 */
const eventFor = (change: Change, { kind, namespace }: Target, matches: Matcher): string | undefined => {
  const { object, before, json, type } = change;
  if (change.kind !== kind || (namespace !== undefined && object.metadata.namespace !== namespace)) return undefined;
  const was = before !== undefined && matches(before);
  if (type !== 'DELETED' && matches(object)) return `{"type":"${was ? 'MODIFIED' : 'ADDED'}","object":${json}}\n`;
  if (!was) return undefined;
  return type === 'DELETED' ? `{"type":"DELETED","object":${json}}\n` : `${JSON.stringify(leaving(before, object))}\n`;
};

const leaving = (before: KubeObject, { metadata }: KubeObject): object => {
  const object = { ...before, metadata: { ...before.metadata, resourceVersion: metadata.resourceVersion } };
  return { type: 'DELETED', object };
};

const bookmarkJson = ({ kind }: Target, store: VersionedStore): string => {
  const metadata = { resourceVersion: String(store.version()), creationTimestamp: null };
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
};

const live = (
  store: VersionedStore,
  send: (change: Change) => void,
  bookmark: () => void,
  res: ServerResponse,
  { bookmarkMs, lifeMs }: { bookmarkMs: number; lifeMs: number },
): (() => void) => {
  const unsubscribe = store.watch(send);
  const ticking = setInterval(bookmark, bookmarkMs);
  const ending = setTimeout(() => end(), lifeMs);
  const stop = () => {
    unsubscribe();
    clearInterval(ticking);
    clearTimeout(ending);
  };
  const end = () => {
    stop();
    if (!res.writable) return;
    bookmark();
    res.end();
  };
  res.on('close', stop);
  return end;
};
