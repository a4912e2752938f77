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
};

type Check = (value: unknown) => boolean;
type IssuerFields = Record<string, { check: Check; expected: string; optional?: boolean }>;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isUrl: Check = (value) => isText(value) && /^https?:$/.test(URL.parse(value as string)?.protocol ?? '');
const isPath: Check = (value) => isText(value) && (value as string).startsWith('/');
const isKind: Check = (value) => ['person', 'ci', 'service-account'].includes(value as string);
const isSeconds: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 300;

const text = { check: isText, expected: 'a text' };
const url = { check: isUrl, expected: 'an http or https URL' };
const path = { check: isPath, expected: 'the absolute path of a file', optional: true };
const optional = <T extends object>(field: T) => ({ ...field, optional: true });

const issuerFields: IssuerFields = {
  issuer: url,
  audience: text,
  jwksUri: url,
  kind: { check: isKind, expected: 'person, ci or service-account', optional: true },
  claim: optional(text),
  prefix: optional(text),
  rules: { check: Array.isArray, expected: 'a list of rules', optional: true },
  scopeClaim: optional(text),
  tokenType: { check: (value) => value === 'at+jwt', expected: 'at+jwt', optional: true },
  caFile: path,
  tokenFile: path,
  introspection: { check: isObject, expected: 'an object', optional: true },
  client: { check: isObject, expected: 'an object', optional: true },
};

/**
 * JSON Schema of a list of trusted issuers, which knows the names of an issuer's fields. `issuersProblem` says whether
 * their values are right.
 */
export const issuersSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: Object.keys(issuerFields).filter((name) => !issuerFields[name]?.optional),
    additionalProperties: false,
    properties: Object.fromEntries(Object.keys(issuerFields).map((name) => [name, {}])),
  },
};

const introspectionFields: IssuerFields = {
  uri: url,
  clientId: text,
  secretFile: { ...path, optional: false },
  seconds: { check: isSeconds, expected: 'a whole number from 0 to 300', optional: true },
};

const clientFields: IssuerFields = { id: text, scope: optional(text) };

/** Describes the first field of an issuer's settings that is unknown, missing or wrong. Undefined if all are valid. */
const fieldProblem = (value: unknown, fields: IssuerFields, where = ''): string | undefined => {
  if (!isObject(value)) return `${where || 'it'} must be an object`;
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) return `it has no field ${where}${unknown}`;
  const wrong = Object.entries(fields).find(([name, field]) =>
    value[name] === undefined ? !field.optional : !field.check(value[name]),
  );
  return wrong && `${where}${wrong[0]} must be ${wrong[1].expected}`;
};

const nestedProblem = ({ introspection, client }: TrustedIssuer): string | undefined =>
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
  fieldProblem(value, issuerFields) ?? nestedProblem(value as TrustedIssuer) ?? rulesProblem(value as TrustedIssuer);

/** Describes what is wrong with a list of trusted issuers as a phrase. Undefined for a valid list. */
export const issuersProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return 'it is not a list';
  for (const [at, issuer] of value.entries()) {
    const problem = issuerProblem(issuer);
    if (problem) return `entry ${at + 1}: ${problem}`;
  }
  const names = (value as TrustedIssuer[]).map(({ issuer }) => issuer);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? undefined : `${twice} is there twice`;
};

/** Returns the rules of a trusted issuer, first the rule that `claim` and `prefix` are shorthand for. */
export const rulesOf = ({ claim, prefix, rules = [] }: TrustedIssuer): readonly Rule[] =>
  claim === undefined ? rules : [{ match: { [claim]: `${prefix}{tool}` } }, ...rules];
