import { randomInt } from 'node:crypto';
import type { ObjectMeta } from './types.ts';

type NameError = { field: string; message: string };

const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelValuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelNamePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const labelNameRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const suffixCharacters = 'bcdfghjklmnpqrstvwxz2456789';

/** Returns the errors in the name and the labels of a Kubernetes object, with the messages of a real API server. */
export const nameErrors = (metadata: Partial<ObjectMeta>): NameError[] => [
  ...nameComplaints(metadata.name ?? ''),
  ...Object.entries(metadata.labels ?? {}).flatMap(labelComplaints),
];

const nameComplaints = (name: string): NameError[] => {
  const found: NameError[] = [];
  const say = (message: string) =>
    found.push({ field: 'metadata.name', message: `Invalid value: "${name}": ${message}` });
  if (name.length > 253) say('must be no more than 253 bytes');
  if (!subdomainPattern.test(name)) say(subdomainRule);
  return found;
};

const labelComplaints = ([key, value]: [string, string]): NameError[] => {
  const found: NameError[] = [];
  const say = (text: unknown, message: string) =>
    found.push({ field: 'metadata.labels', message: `Invalid value: ${JSON.stringify(text)}: ${message}` });
  const name = key.slice(key.indexOf('/') + 1);
  if (name.length > 63) say(key, 'name part must be no more than 63 bytes');
  if (!labelNamePattern.test(name)) say(key, labelNameRule);
  if (typeof value !== 'string' || value.length > 63) say(value, 'must be no more than 63 bytes');
  else if (!labelValuePattern.test(value)) say(value, labelValueRule);
  return found;
};

/**
 * Returns an object's name from metadata.generateName: at most 58 characters of the prefix and five random characters.
 */
export const generatedName = (prefix: string): string => {
  const suffix = Array.from({ length: 5 }, () => suffixCharacters[randomInt(suffixCharacters.length)]);
  return prefix.slice(0, 58) + suffix.join('');
};
