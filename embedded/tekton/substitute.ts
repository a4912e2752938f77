import type { ParamValue } from '../kubernetes/tekton-types.ts';

/** Values of Tekton's variables by name, such as `params.x` or `context.pipelineRun.name`. */
export type Variables = Map<string, ParamValue>;

const variablePattern = /\$\(([^()\s]+)\)/g;
const indexedPattern = /^(.+)\[(\d+|\*)\]$/;
const quotedPattern = /^params\[(?:"([^"]+)"|'([^']+)')\](\[(?:\d+|\*)\])?$/;

/**
 * Replaces Tekton's variables `$(name)` in a text. A variable without a value stays as it is.
 * @see https://tekton.dev/docs/pipelines/variables/
 */
export const substitute = (text: string, variables: Variables): string =>
  text.replace(variablePattern, (whole, name: string) => {
    const value = lookUp(name, variables);
    return typeof value === 'string' ? value : whole;
  });

/**
 * Replaces Tekton's variables in every text of a list. A text that is only `$(params.list[*])` becomes all elements of
 * the list.
 */
export const substituteList = (texts: readonly string[], variables: Variables): string[] =>
  texts.flatMap((text) => {
    const whole = /^\$\(([^()\s]+)\)$/.exec(text)?.[1];
    const value = whole === undefined ? undefined : lookUp(whole, variables);
    return Array.isArray(value) ? value : [substitute(text, variables)];
  });

/** Replaces Tekton's variables in the value of a parameter. `$(params.list[*])` gives a whole list. */
export const substituteValue = (value: ParamValue, variables: Variables): ParamValue => {
  if (Array.isArray(value)) return substituteList(value, variables);
  const whole = /^\$\(([^()\s]+\[\*\])\)$/.exec(value)?.[1];
  const list = whole === undefined ? undefined : lookUp(whole, variables);
  return list ?? substitute(value, variables);
};

/** Replaces Tekton's variables in every text of a JSON value. */
export const substituteDeep = <T>(value: T, variables: Variables): T => {
  if (typeof value === 'string') return substitute(value, variables) as T;
  if (Array.isArray(value)) return value.flatMap((part) => spread(part, variables)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, substituteDeep(part, variables)])) as T;
};

const spread = (part: unknown, variables: Variables): unknown[] =>
  typeof part === 'string' ? substituteList([part], variables) : [substituteDeep(part, variables)];

const lookUp = (name: string, variables: Variables): ParamValue | undefined => {
  const quoted = quotedPattern.exec(name);
  const plain = quoted ? `params.${quoted[1] ?? quoted[2]}${quoted[3] ?? ''}` : name;
  const [, list, at] = indexedPattern.exec(plain) ?? [];
  if (list === undefined || at === undefined) return variables.get(plain);
  const value = variables.get(list);
  if (!Array.isArray(value)) return undefined;
  return at === '*' ? value : value[Number(at)];
};
