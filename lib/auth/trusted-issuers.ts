import { isObject, type Rule, ruleProblem } from './rules.ts';

/** One issuer whose tokens are believed, and which tools they are good for. */
export type TrustedIssuer = {
  issuer: string;
  audience: string;
  jwksUri: string;
  /** Whom it vouches for; for the log. A person when absent. */
  kind?: 'person' | 'ci' | 'service-account';
  /** Short for one rule: the claim that lists groups, and what stands before the tool's name in those that count. */
  claim?: string;
  prefix?: string;
  rules?: readonly Rule[];
  /** The claim that lists what a token may do (space separated, or a list). Absent: whatever the rules give. */
  scopeClaim?: string;
  /** PEM of who signed the keys' server's certificate, and a token to ask with, read each time: for the API server. */
  caFile?: string;
  tokenFile?: string;
  /** Where to ask whether a token was revoked, as a client with a secret (RFC 7662), at most every `seconds`. */
  introspection?: { uri: string; clientId: string; secretFile: string; seconds?: number };
  /** The public client as which people sign in from a command line, and the scopes it asks for. */
  client?: { id: string; scope?: string };
};

type Check = (value: unknown) => boolean;
type Fields = Record<string, { check: Check; expected: string; optional?: boolean }>;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isUrl: Check = (value) => isText(value) && /^https?:$/.test(URL.parse(value as string)?.protocol ?? '');
const isPath: Check = (value) => isText(value) && (value as string).startsWith('/');
const isKind: Check = (value) => ['person', 'ci', 'service-account'].includes(value as string);
const isSeconds: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 300;

const text = { check: isText, expected: 'a text' };
const url = { check: isUrl, expected: 'an http or https URL' };
const path = { check: isPath, expected: 'the absolute path of a file', optional: true };
const optional = <T extends object>(field: T) => ({ ...field, optional: true });

const fields: Fields = {
  issuer: url,
  audience: text,
  jwksUri: url,
  kind: { check: isKind, expected: 'person, ci or service-account', optional: true },
  claim: optional(text),
  prefix: optional(text),
  rules: { check: Array.isArray, expected: 'a list of rules', optional: true },
  scopeClaim: optional(text),
  caFile: path,
  tokenFile: path,
  introspection: { check: isObject, expected: 'an object', optional: true },
  client: { check: isObject, expected: 'an object', optional: true },
};

const introspectionFields: Fields = {
  uri: url,
  clientId: text,
  secretFile: { ...path, optional: false },
  seconds: { check: isSeconds, expected: 'a whole number from 0 to 300', optional: true },
};

const clientFields: Fields = { id: text, scope: optional(text) };

/** The first field that is missing, wrong or unknown. */
const fieldProblem = (value: unknown, known: Fields, where = ''): string | undefined => {
  if (!isObject(value)) return `${where || 'it'} must be an object`;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) return `it has no field ${where}${unknown}`;
  const wrong = Object.entries(known).find(([name, field]) =>
    value[name] === undefined ? !field.optional : !field.check(value[name]),
  );
  return wrong && `${where}${wrong[0]} must be ${wrong[1].expected}`;
};

const partProblem = ({ introspection, client }: TrustedIssuer): string | undefined =>
  (introspection && fieldProblem(introspection, introspectionFields, 'introspection.')) ??
  (client && fieldProblem(client, clientFields, 'client.'));

const rulesProblem = ({ claim, prefix, rules = [] }: TrustedIssuer): string | undefined => {
  if ((claim === undefined) !== (prefix === undefined)) return 'claim and prefix go together';
  if (/[*{]/.test(prefix ?? '')) return 'prefix is no pattern: use rules';
  if (claim === undefined && rules.length === 0) return 'it must have claim and prefix, or rules';
  const problems = rules.map((rule, at) => ({ at, problem: ruleProblem(rule) }));
  const wrong = problems.find(({ problem }) => problem !== undefined);
  return wrong && `rule ${wrong.at + 1}: ${wrong.problem}`;
};

const issuerProblem = (value: unknown): string | undefined =>
  fieldProblem(value, fields) ?? partProblem(value as TrustedIssuer) ?? rulesProblem(value as TrustedIssuer);

/** What is wrong with a list of issuers, as a phrase; undefined when nothing is. */
export const issuersProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return 'it is not a list';
  for (const [at, entry] of value.entries()) {
    const problem = issuerProblem(entry);
    if (problem) return `entry ${at + 1}: ${problem}`;
  }
  const names = (value as TrustedIssuer[]).map(({ issuer }) => issuer);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? undefined : `${twice} is there twice`;
};

/** The rules of an issuer, its shorthand among them. */
export const rulesOf = ({ claim, prefix, rules = [] }: TrustedIssuer): readonly Rule[] =>
  claim === undefined ? rules : [{ match: { [claim]: `${prefix}{tool}` } }, ...rules];
