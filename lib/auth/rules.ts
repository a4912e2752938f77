import type { JWTPayload } from 'jose';
import { isObject } from '../json-values.ts';
import { isTool, toolName } from '../tool-name.ts';
import type { Grant } from './access.ts';
import { type Scope, scopes } from './scopes.ts';

/**
 * A rule turns the claims of a token into tools. Every claim that the rule names must match its pattern. In a pattern,
 * `{tool}` matches the name of a tool, `*` matches one or more characters except `/` and `:`, `**` matches any text,
 * and every other character matches itself. If a claim is a list, each element is tried.
 */
export type Rule = {
  /** Pattern for the value of each claim, by the claim's name. */
  match: Readonly<Record<string, string>>;
  /** The tool to which the rule gives access. Required unless a pattern contains `{tool}`. */
  tool?: string;
  /** Scopes that the rule gives for its tools. Default: all scopes. */
  scopes?: readonly Scope[];
};

export type GrantsOf = (claims: JWTPayload) => Grant[];

const placeholders: Record<string, string> = { '{tool}': `(?<tool>${toolName})`, '**': '.*', '*': '[^/:]+' };

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const expressionOf = (pattern: string): RegExp => {
  const parts = pattern.split(/(\{tool\}|\*\*|\*)/).map((part) => placeholders[part] ?? escapeRegExp(part));
  return new RegExp(`^${parts.join('')}$`, 's');
};

const isPrimitive = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const valuesOf = (claim: unknown): string[] => (Array.isArray(claim) ? claim : [claim]).filter(isPrimitive).map(String);

const matchesIn = (claims: JWTPayload, claim: string, pattern: RegExp): RegExpExecArray[] =>
  (Object.hasOwn(claims, claim) ? valuesOf(claims[claim]) : []).flatMap((value) => {
    const match = pattern.exec(value);
    return match ? [match] : [];
  });

const compile = ({ match, tool, scopes: given = scopes }: Rule): GrantsOf => {
  const patterns = Object.entries(match).map(([claim, pattern]) => [claim, expressionOf(pattern)] as const);
  return (claims) => {
    const found = patterns.map(([claim, pattern]) => matchesIn(claims, claim, pattern));
    if (found.some((matches) => matches.length === 0)) return [];
    const tools = tool === undefined ? found.flat().flatMap(({ groups }) => groups?.tool ?? []) : [tool];
    return tools.map((name) => ({ tool: name, scopes: given }));
  };
};

/** Compiles rules that {@link ruleProblem} accepts into a function that returns the grants of a token's claims. */
export const grantsBy = (rules: readonly Rule[]): GrantsOf => {
  const compiled = rules.map(compile);
  return (claims) => compiled.flatMap((grantsOf) => grantsOf(claims));
};

const isPatterns = (value: unknown): value is Record<string, string> =>
  isObject(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((pattern) => typeof pattern === 'string' && pattern !== '');

const isScopes = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((item) => scopes.some((scope) => scope === item));

/**
 * Describes what is wrong with the text around `{tool}` in a rule's pattern. Security: an attacker may choose the text
 * that `*` matches, for example the name of a project. That text must not move where `{tool}` begins or ends, so the
 * characters around `{tool}` must be fixed.
 */
const boundaryProblem = (before: string, after: string): string | undefined => {
  if (before === '' || before.includes('*')) return '{tool} must have some text of its own before it, and no *';
  if (after.includes('*') && /^[-_a-z0-9*]/.test(after))
    return 'where a * follows {tool}, a character that no tool has in its name must come first, such as / or :';
  return undefined;
};

const toolProblem = (patterns: string[], tool: unknown): string | undefined => {
  const placeholderCount = patterns.join('\n').split('{tool}').length - 1;
  if (tool !== undefined && !isTool(tool)) return 'tool must be the name of a tool';
  if (placeholderCount + (tool === undefined ? 0 : 1) !== 1)
    return 'it must say the tool once: {tool} in a pattern, or tool';
  const [before, after] = patterns.find((pattern) => pattern.includes('{tool}'))?.split('{tool}') ?? [];
  return tool === undefined ? boundaryProblem(before ?? '', after ?? '') : undefined;
};

/** Describes what is wrong with a rule, such as "tool must be the name of a tool". Undefined for a valid rule. */
export const ruleProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return 'it must be an object';
  const { match, tool, scopes: given, ...more } = value as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `it has no field ${unknown}`;
  if (!isPatterns(match)) return 'match must hold a pattern for at least one claim';
  if (given !== undefined && !isScopes(given)) return `scopes must be some of ${scopes.join(', ')}`;
  return toolProblem(Object.values(match), tool);
};
