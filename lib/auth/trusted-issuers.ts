import { isObject } from '../json-values.ts';
import { type Rule, ruleProblem } from './rules.ts';

/**
 * An element of the setting AUTH_ISSUERS: an issuer whose tokens are accepted, and the rules that turn the claims of
 * its tokens into tools.
 */
export type TrustedIssuer = {
  /** URL of the issuer. A token's claim `iss` must equal this URL. */
  issuer: string;
  /** Audience that a token's claim `aud` must contain. */
  audience: string;
  /** URL of the issuer's public keys (JWK set). */
  jwksUri: string;
  /** Kind of caller that the issuer's tokens stand for, which the audit log and whoami show. Default `person`. */
  kind?: 'person' | 'ci' | 'service-account';
  /**
   * Name of the claim that lists a caller's groups. Shorthand for a rule: each group that begins with `prefix` gives
   * the tool whose name follows the prefix.
   */
  claim?: string;
  prefix?: string;
  rules?: readonly Rule[];
  /**
   * Name of the claim with a token's scopes, separated by spaces or as a list. A token has only the scopes that both
   * this claim and the rules give. Default: all scopes that the rules give.
   */
  scopeClaim?: string;
  /**
   * Value that the header `typ` of every token must have, for an issuer that follows RFC 9068. Without this value, an ID
   * token of the issuer is refused only if its claims or its header show that it is one.
   */
  tokenType?: 'at+jwt';
  /** PEM file with the certificate authority of the server of `jwksUri`, when that authority is not a public one. */
  caFile?: string;
  /**
   * File with the bearer token for `jwksUri`, when the keys are not public. The Kubernetes API needs `caFile` and
   * `tokenFile`.
   */
  tokenFile?: string;
  /**
   * Introspection endpoint (RFC 7662) that tells whether a token was revoked, and the client that may use the endpoint.
   * A response of the endpoint is remembered for `seconds`, 10 by default.
   */
  introspection?: { uri: string; clientId: string; secretFile: string; seconds?: number };
  /** Public OAuth client for sign-in from a command line, and the scopes that the client requests. */
  client?: { id: string; scope?: string };
  /** OAuth client for sign-in on the web page, and the scopes that the client requests. */
  pageClient?: PageClient;
};

/** OAuth client of the web page. Without `secretFile` the client is a public one. */
export type PageClient = { id: string; scope?: string; secretFile?: string };

type Check = (value: unknown) => boolean;
/** A field: how it is checked, the phrase that says what it must be, and the JSON Schema by which the Helm chart checks. */
type Field = { check: Check; expected: string; schema: object; optional?: boolean };
type Fields = Record<string, Field>;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isUrl: Check = (value) => isText(value) && /^https?:$/.test(URL.parse(value as string)?.protocol ?? '');
const isPath: Check = (value) => isText(value) && (value as string).startsWith('/');
const isSeconds: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 300;

const textField = (check: Check, expected: string, pattern: string): Field => ({
  check,
  expected,
  schema: { type: 'string', pattern, expected },
});
const oneOf = (words: readonly string[], expected: string): Field => ({
  check: (value) => words.includes(value as string),
  expected,
  schema: { enum: words },
});
const optional = (field: Field): Field => ({ ...field, optional: true });

/** Returns the JSON Schema of an object with the given fields only. */
const objectSchema = (fields: Fields) => ({
  type: 'object',
  required: Object.keys(fields).filter((name) => !fields[name]?.optional),
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
});
const objectField = (fields: Fields): Field => ({
  check: isObject,
  expected: 'an object',
  schema: objectSchema(fields),
});

const text = textField(isText, 'a text', '.');
const url = textField(isUrl, 'an http or https URL', '^https?://[^/\\s]+');
const path = textField(isPath, 'the absolute path of a file', '^/');

const introspectionFields: Fields = {
  uri: url,
  clientId: text,
  secretFile: path,
  seconds: {
    check: isSeconds,
    expected: 'a whole number from 0 to 300',
    schema: { type: 'integer', minimum: 0, maximum: 300 },
    optional: true,
  },
};

const clientFields: Fields = { id: text, scope: optional(text) };
const pageClientFields: Fields = { ...clientFields, secretFile: optional(path) };

const issuerFields: Fields = {
  issuer: url,
  audience: text,
  jwksUri: url,
  kind: optional(oneOf(['person', 'ci', 'service-account'], 'person, ci or service-account')),
  claim: optional(text),
  prefix: optional(text),
  rules: {
    check: Array.isArray,
    expected: 'a list of rules',
    schema: { type: 'array', items: { type: 'object' } },
    optional: true,
  },
  scopeClaim: optional(text),
  tokenType: optional(oneOf(['at+jwt'], 'at+jwt')),
  caFile: optional(path),
  tokenFile: optional(path),
  introspection: optional(objectField(introspectionFields)),
  client: optional(objectField(clientFields)),
  pageClient: optional(objectField(pageClientFields)),
};

/** JSON Schema of a list of trusted issuers. `issuersProblem` also checks the rules. */
export const issuersSchema = {
  type: 'array',
  items: {
    ...objectSchema(issuerFields),
    dependencies: { claim: ['prefix'], prefix: ['claim'] },
    anyOf: [{ required: ['claim'] }, { required: ['rules'] }],
  },
};

/** Describes the first field of an issuer's settings that is unknown, missing or wrong. Undefined if all are valid. */
const fieldProblem = (value: unknown, fields: Fields, where = ''): string | undefined => {
  if (!isObject(value)) return `${where || 'it'} must be an object`;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) return `it has no field ${where}${unknown}`;
  const wrong = Object.entries(fields).find(([name, field]) =>
    value[name] === undefined ? !field.optional : !field.check(value[name]),
  );
  return wrong && `${where}${wrong[0]} must be ${wrong[1].expected}`;
};

const nestedProblem = ({ introspection, client, pageClient }: TrustedIssuer): string | undefined =>
  (introspection && fieldProblem(introspection, introspectionFields, 'introspection.')) ??
  (client && fieldProblem(client, clientFields, 'client.')) ??
  (pageClient && fieldProblem(pageClient, pageClientFields, 'pageClient.'));

const rulesProblem = ({ claim, prefix, rules = [] }: TrustedIssuer): string | undefined => {
  if ((claim === undefined) !== (prefix === undefined)) return 'claim and prefix go together';
  if (/[*{]/.test(prefix ?? '')) return 'prefix is no pattern: use rules';
  if (claim === undefined && rules.length === 0) return 'it must have claim and prefix, or rules';
  const problems = rules.map((rule, at) => ({ at, problem: ruleProblem(rule) }));
  const wrong = problems.find(({ problem }) => problem !== undefined);
  return wrong && `rule ${wrong.at + 1}: ${wrong.problem}`;
};

const issuerProblem = (value: unknown): string | undefined =>
  fieldProblem(value, issuerFields) ?? nestedProblem(value as TrustedIssuer) ?? rulesProblem(value as TrustedIssuer);

/** Describes what is wrong with a list of trusted issuers as a phrase. Undefined for a valid list. */
export const issuersProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return 'it is not a list';
  for (const [at, issuer] of value.entries()) {
    const problem = issuerProblem(issuer);
    if (problem) return `entry ${at + 1}: ${problem}`;
  }
  // Security: with two issuers, the code of one could be sent to the other (a mix-up).
  if ((value as TrustedIssuer[]).filter(({ pageClient }) => pageClient).length > 1)
    return 'only one issuer may have a pageClient';
  const names = (value as TrustedIssuer[]).map(({ issuer }) => issuer);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? undefined : `${twice} is there twice`;
};

/** Returns the rules of a trusted issuer, first the rule that `claim` and `prefix` are shorthand for. */
export const rulesOf = ({ claim, prefix, rules = [] }: TrustedIssuer): readonly Rule[] =>
  claim === undefined ? rules : [{ match: { [claim]: `${prefix}{tool}` } }, ...rules];
