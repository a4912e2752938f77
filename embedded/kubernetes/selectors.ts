import { badRequest } from './errors.ts';
import type { Kind } from './kinds.ts';
import type { KubeObject } from './types.ts';

/** Tells whether a label selector or a field selector selects an object. */
export type Matcher = (object: KubeObject) => boolean;

type Requirement = (labels: Record<string, string>) => boolean;

const keyPattern = '([A-Za-z0-9][\\w./-]*)';
const setPattern = new RegExp(`^${keyPattern}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equalsPattern = new RegExp(`^${keyPattern}\\s*(=|==|!=)\\s*([A-Za-z0-9][\\w.-]*)?$`);
const existsPattern = new RegExp(`^(!?)\\s*${keyPattern}$`);

/**
 * Parses a label selector such as `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * @throws StatusError 400 when the selector cannot be read
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export const labelSelector = (text: string): Matcher => {
  const requirements = splitOutsideParentheses(text).map(requirement);
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}));
};

const splitOutsideParentheses = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part, _, all) => part !== '' || all.length > 1);

const requirement = (text: string): Requirement => {
  const found = setRequirement(text) ?? equalsRequirement(text) ?? existsRequirement(text);
  if (!found) throw badRequest(`unable to parse requirement: found '${text}', expected: a label selector`);
  return found;
};

const setRequirement = (text: string): Requirement | undefined => {
  const [, key = '', operator, list = ''] = setPattern.exec(text) ?? [];
  if (!operator) return undefined;
  const values = new Set(list.split(',').map((value) => value.trim()));
  if (operator === 'in') return (labels) => values.has(labels[key] ?? '\0');
  return (labels) => !values.has(labels[key] ?? '\0');
};

const equalsRequirement = (text: string): Requirement | undefined => {
  const [, key = '', operator, value = ''] = equalsPattern.exec(text) ?? [];
  if (!operator) return undefined;
  return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
};

const existsRequirement = (text: string): Requirement | undefined => {
  const [whole, not, key = ''] = existsPattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return (labels) => Object.hasOwn(labels, key) === (not === '');
};

/**
 * Parses a field selector such as `metadata.name=x`.
 * @throws StatusError 400 for a field that the kind does not support
 */
export const fieldSelector = (kind: Kind, text: string): Matcher => {
  const tests = text.split(',').filter(Boolean);
  const matchers = tests.map((test) => fieldRequirement(kind, test));
  return (object) => matchers.every((matches) => matches(object));
};

const fieldRequirement = (kind: Kind, text: string): Matcher => {
  const [, field = '', operator, value] = /^([\w.]+)\s*(=|==|!=)\s*(.*)$/.exec(text.trim()) ?? [];
  if (!operator) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  if (!['metadata.name', 'metadata.namespace', ...kind.fields].includes(field)) {
    throw badRequest(`field label not supported: ${field}`);
  }
  return (object) => (readField(object, field) === value) === (operator !== '!=');
};

const readField = (object: unknown, path: string): unknown => {
  const found = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  return found ?? '';
};
