import type { JWTPayload } from 'jose';
import type { Grant } from './access.ts';
import { type Scope, scopes } from './scopes.ts';

/**
 * Data that turns a token's claims into tools: every claim named must fit its pattern. In a pattern `{tool}` stands for
 * the name of a tool, `*` for one or more characters but `/` and `:`, and `**` for any; all else is itself. Of a claim
 * that is a list, each element is tried.
 */
export type Rule = {
  match: Readonly<Record<string, string>>;
  /** The tool, where no pattern holds `{tool}`. */
  tool?: string;
  /** All of them when absent. */
  scopes?: readonly Scope[];
};

export type GrantsOf = (claims: JWTPayload) => Grant[];

const toolName = '[a-z](?:[-_a-z0-9]{0,254}[a-z0-9])?';
const placeholders: Record<string, string> = { '{tool}': `(?<tool>${toolName})`, '**': '.*', '*': '[^/:]+' };

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const expression = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split(/(\{tool\}|\*\*|\*)/)
      .map((part) => placeholders[part] ?? literal(part))
      .join('')}$`,
    's',
  );

const isPrimitive = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const valuesOf = (claim: unknown): string[] => (Array.isArray(claim) ? claim : [claim]).filter(isPrimitive).map(String);

const matches = (claims: JWTPayload, claim: string, pattern: RegExp): RegExpExecArray[] =>
  (Object.hasOwn(claims, claim) ? valuesOf(claims[claim]) : []).flatMap((value) => {
    const found = pattern.exec(value);
    return found ? [found] : [];
  });

const compiled = ({ match, tool, scopes: given = scopes }: Rule): GrantsOf => {
  const patterns = Object.entries(match).map(([claim, pattern]) => [claim, expression(pattern)] as const);
  return (claims) => {
    const found = patterns.map(([claim, pattern]) => matches(claims, claim, pattern));
    if (found.some((fitting) => fitting.length === 0)) return [];
    const tools = tool === undefined ? found.flat().flatMap(({ groups }) => groups?.tool ?? []) : [tool];
    return tools.map((name) => ({ tool: name, scopes: given }));
  };
};

/** The tools that claims give by these rules, which {@link ruleProblem} has found nothing wrong with. */
export const grantsBy = (rules: readonly Rule[]): GrantsOf => {
  const all = rules.map(compiled);
  return (claims) => all.flatMap((grantsOf) => grantsOf(claims));
};

const isTool = (value: unknown): boolean => typeof value === 'string' && new RegExp(`^${toolName}$`).test(value);

/** Neither null nor a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPatterns = (value: unknown): value is Record<string, string> =>
  isObject(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((pattern) => typeof pattern === 'string' && pattern !== '');

const isScopes = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((one) => scopes.some((scope) => scope === one));

/** Whoever may choose what stands for a `*` must not choose the tool with it. */
const choiceProblem = (before: string, after: string): string | undefined => {
  if (before === '' || before.includes('*')) return '{tool} must have some text of its own before it, and no *';
  // Else a part of the tool's name could be taken for what the * stands for.
  if (after.includes('*') && /^[-_a-z0-9*]/.test(after))
    return 'where a * follows {tool}, a character that no tool has in its name must come first, such as / or :';
  return undefined;
};

const placeProblem = (patterns: string[], tool: unknown): string | undefined => {
  const places = patterns.join('\n').split('{tool}').length - 1;
  if (tool !== undefined && !isTool(tool)) return 'tool must be the name of a tool';
  if (places + (tool === undefined ? 0 : 1) !== 1) return 'it must say the tool once: {tool} in a pattern, or tool';
  const [before, after] = patterns.find((pattern) => pattern.includes('{tool}'))?.split('{tool}') ?? [];
  return tool === undefined ? choiceProblem(before ?? '', after ?? '') : undefined;
};

/** What is wrong with a rule, as a phrase; undefined when nothing is. */
export const ruleProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return 'it must be an object';
  const { match, tool, scopes: given, ...more } = value as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `it has no field ${unknown}`;
  if (!isPatterns(match)) return 'match must hold a pattern for at least one claim';
  if (given !== undefined && !isScopes(given)) return `scopes must be some of ${scopes.join(', ')}`;
  return placeProblem(Object.values(match), tool);
};
