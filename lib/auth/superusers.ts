import { isObject } from '../json-values.ts';
import { isTool } from '../tool-name.ts';

/** A rule names paths of the API that a superuser may call, for every tool or for the listed tools. */
type SuperuserRule = string | { path: string; tools: string[] };

/**
 * Services that act for tools, by the name in their client certificate, such as `service:components-api`. A rule is a
 * regular expression of whole paths, such as `^.*$`.
 */
export type Superusers = Readonly<Record<string, readonly SuperuserRule[]>>;

/** Address of a request: its path below /builds as the client spelled it, without the query, and the decoded tool. */
export type RequestTarget = { path: string; tool: string | undefined };

/** A superuser's name has a colon, which no tool's name has. So no tool's certificate makes its owner a superuser. */
const superuserName = /^[a-z0-9][a-z0-9._-]*:[a-z0-9._:-]+$/;

/** Without anchors, a pattern would match a part of the path, and so more paths than its author sees. */
const wholePath = {
  type: 'string',
  pattern: '^\\^.*\\$$',
  expected: 'a regular expression of whole paths, which begins with ^ and ends with $, such as ^.*$',
};

/** JSON Schema of {@link Superusers}. `superusersProblem` also checks the regular expressions and the tools. */
export const superusersSchema = {
  type: 'object',
  propertyNames: {
    pattern: superuserName.source,
    expected: 'an object whose names have a colon, such as service:components-api',
  },
  additionalProperties: {
    type: 'array',
    minItems: 1,
    uniqueItems: true,
    items: {
      ...wholePath,
      type: ['string', 'object'],
      required: ['path', 'tools'],
      additionalProperties: false,
      properties: {
        path: wholePath,
        tools: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
      },
    },
  },
};

const patternProblem = (pattern: unknown): string | undefined => {
  if (typeof pattern !== 'string' || !new RegExp(wholePath.pattern).test(pattern))
    return 'a path must be a regular expression that begins with ^ and ends with $';
  try {
    new RegExp(pattern);
    return undefined;
  } catch {
    return `${pattern} is no regular expression`;
  }
};

const rulesProblem = (rule: unknown): string | undefined => {
  if (typeof rule === 'string') return patternProblem(rule);
  if (!isObject(rule)) return 'a rule must be a path, or an object with path and tools';
  const { path, tools, ...more } = rule;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `a rule has no field ${unknown}`;
  if (!Array.isArray(tools) || tools.length === 0 || !tools.every(isTool)) return 'tools must list names of tools';
  return patternProblem(path);
};

/** Describes what is wrong with a value for {@link Superusers}. Undefined for a valid value. */
export const superusersProblem = (value: unknown): string | undefined => {
  if (!isObject(value)) return 'it must be an object';
  for (const [name, rules] of Object.entries(value)) {
    if (!superuserName.test(name)) return `the name ${name} must have a colon, as service:components-api has`;
    if (!Array.isArray(rules) || rules.length === 0) return `${name} must have a list of paths`;
    const problem = rules.map(rulesProblem).find((found) => found !== undefined);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
};

export const isSuperusers = (value: unknown): value is Superusers => superusersProblem(value) === undefined;

/** Tells whether a rule allows a request. */
type RuleTest = (target: RequestTarget) => boolean;

const compileRule = (rule: SuperuserRule): RuleTest => {
  const { path: pattern, tools } = typeof rule === 'string' ? { path: rule, tools: undefined } : rule;
  // In ^a|b$ each anchor belongs to one of two paths only.
  const whole = new RegExp(`^(?:${pattern})$`);
  return ({ path, tool }) => whole.test(path) && (tools === undefined || tools.some((name) => name === tool));
};

/**
 * Returns the tools that a superuser may act for in a request: the tool of the path, or none. Returns undefined when the
 * name is not a superuser's.
 */
export type ToolsOfSuperuser = (name: string, target: RequestTarget | undefined) => string[] | undefined;

/** Compiles the rules of all superusers once, so that a request only tests them. */
export const compileSuperusers = (superusers: Superusers): ToolsOfSuperuser => {
  const compiled = new Map(Object.entries(superusers).map(([name, rules]) => [name, rules.map(compileRule)]));
  return (name, target) => {
    const rules = compiled.get(name);
    if (!rules) return undefined;
    if (!target || !isTool(target.tool)) return [];
    return rules.some((allows) => allows(target)) ? [target.tool] : [];
  };
};
