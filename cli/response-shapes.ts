import { isObject } from '../lib/json-values.ts';
import { isObjectName } from '../lib/object-name.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const object =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

/**
 * Tells whether a text is the id of a build. The API's path, and command lines that a user is told to type, hold ids, so
 * an id has no character that means something there.
 */
export const isBuildId = isObjectName;

const parameters = object({ source_url: optional(text), ref: optional(text), envvars: optional(mapOf(text)) });

const listedBuild = object({
  build_id: isBuildId,
  status: text,
  start_time: optional(text),
  end_time: optional(text),
  message: optional(text),
  destination_image: optional(text),
  resolved_ref: optional(text),
  resolved_commit: optional(text),
  log: optional(text),
  queue_position: optional(number),
  parameters: optional(parameters),
});

const messages = object({
  info: optional(listOf(text)),
  warning: optional(listOf(text)),
  error: optional(listOf(text)),
});

const quotaItem = object({
  name: text,
  limit: optional(text),
  used: optional(text),
  available: optional(text),
  capacity: optional(text),
});

/** The parts of the API's responses that commands print, by the key that tells a response of the API from another. */
const shapes = {
  builds: listOf(listedBuild),
  build: listedBuild,
  new_build: object({ name: isBuildId, parameters: optional(parameters), queue_position: optional(number) }),
  id: isBuildId,
  messages,
  quota: object({ categories: listOf(object({ name: text, items: listOf(quotaItem) })) }),
  tools: listOf(object({ tool: text, scopes: listOf(text) })),
} satisfies Record<string, Check>;

export type ResponseKey = keyof typeof shapes;

/** Tells whether a JSON object can be a response of the builds API with the given key. */
export const isResponse = (body: Record<string, unknown>, key: ResponseKey): boolean =>
  shapes[key](body[key]) &&
  optional(messages)(body.messages) &&
  optional(text)(body.subject) &&
  optional(text)(body.expires);
