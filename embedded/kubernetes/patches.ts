import { badRequest, StatusError } from './errors.ts';
import { sameJson } from './same.ts';

export const mergePatchType = 'application/merge-patch+json';
export const jsonPatchType = 'application/json-patch+json';

type Fields = Record<string, unknown>;
type Operation = { op: string; path: string; value?: unknown };
type Location = { parent: Fields | unknown[]; key: string };

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Applies a JSON merge patch: fields of the patch replace fields of the target, and null removes a field.
 * @see RFC 7386
 */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isFields(patch)) return patch;
  // A Map takes any key that a client chooses: assigning to the key `__proto__` of an object would set its prototype.
  const merged = new Map<string, unknown>(isFields(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
};

/**
 * Applies a JSON patch with the operations test, add, replace and remove.
 * @throws StatusError 422 when a test fails or a path does not exist; 400 when the patch is no list of operations
 * @see RFC 6902
 */
export const jsonPatch = (target: unknown, patch: unknown): unknown => {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  const root = { '': structuredClone(target) };
  for (const operation of patch as Operation[]) apply(root, operation);
  return root[''];
};

const apply = (root: { '': unknown }, operation: Operation): void => {
  const handler = operations.get(operation.op);
  if (!handler || typeof operation.path !== 'string') throw badRequest(`error decoding patch: ${operation.op}`);
  handler(locate(root, operation.path), operation);
};

const operationHandlers: Record<string, (place: Location, operation: Operation) => void> = {
  test: (place, { value }) => {
    if (!sameJson(read(place), value)) throw refused();
  },
  add: (place, { value }) => {
    if (Array.isArray(place.parent)) place.parent.splice(index(place, place.parent.length), 0, value);
    else place.parent[place.key] = value;
  },
  replace: (place, { value }) => {
    mustExist(place);
    (place.parent as Fields)[place.key] = value;
  },
  remove: (place) => {
    mustExist(place);
    if (Array.isArray(place.parent)) place.parent.splice(index(place, place.parent.length - 1), 1);
    else delete place.parent[place.key];
  },
};

const operations = new Map(Object.entries(operationHandlers));

const refused = (): StatusError =>
  new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

const locate = (root: { '': unknown }, path: string): Location => {
  if (path !== '' && !path.startsWith('/')) throw badRequest(`error decoding patch: ${path} is no JSON pointer`);
  const keys = path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keys.some((key) => key === '__proto__')) throw refused();
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => (isContainer(at) ? ownValue(at, key) : undefined), root);
  if (!isContainer(parent)) throw refused();
  return { parent, key: last };
};

const isContainer = (value: unknown): value is Fields | unknown[] => Array.isArray(value) || isFields(value);

/** Returns the value of an object's own key. Undefined for a key that every object inherits, such as `constructor`. */
const ownValue = (parent: Fields | unknown[], key: string): unknown =>
  Object.hasOwn(parent, key) ? (parent as Fields)[key] : undefined;

const read = ({ parent, key }: Location): unknown => ownValue(parent, key);

const mustExist = ({ parent, key }: Location): void => {
  if (!Object.hasOwn(parent, key)) throw refused();
};

const index = ({ key }: Location, highest: number): number => {
  if (key === '-') return highest;
  const at = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN;
  if (!(at <= highest)) throw refused();
  return at;
};
