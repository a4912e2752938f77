import { randomInt } from 'node:crypto';
import type { ObjectMeta } from './types.ts';

type Complaint = { field: string; message: string };

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const LABEL_NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/** What is wrong with an object's name and labels, in the words of a real API server. */
export function complaints(metadata: Partial<ObjectMeta>): Complaint[] {
  return [...nameComplaints(metadata.name ?? ''), ...Object.entries(metadata.labels ?? {}).flatMap(labelComplaints)];
}

function nameComplaints(name: string): Complaint[] {
  const found: Complaint[] = [];
  const say = (message: string) =>
    found.push({ field: 'metadata.name', message: `Invalid value: "${name}": ${message}` });
  if (name.length > 253) say('must be no more than 253 bytes');
  if (!SUBDOMAIN.test(name)) say(SUBDOMAIN_RULE);
  return found;
}

function labelComplaints([key, value]: [string, string]): Complaint[] {
  const found: Complaint[] = [];
  const say = (text: unknown, message: string) =>
    found.push({ field: 'metadata.labels', message: `Invalid value: ${JSON.stringify(text)}: ${message}` });
  const name = key.slice(key.indexOf('/') + 1);
  if (name.length > 63) say(key, 'name part must be no more than 63 bytes');
  if (!LABEL_NAME.test(name)) say(key, LABEL_NAME_RULE);
  if (typeof value !== 'string' || value.length > 63) say(value, 'must be no more than 63 bytes');
  else if (!LABEL_VALUE.test(value)) say(value, LABEL_VALUE_RULE);
  return found;
}

/** A name from metadata.generateName: at most 58 characters of it and five that nobody can guess. */
export function generatedName(prefix: string): string {
  const suffix = Array.from({ length: 5 }, () => SUFFIX[randomInt(SUFFIX.length)]);
  return prefix.slice(0, 58) + suffix.join('');
}
