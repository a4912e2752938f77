import type { ParamValue } from '../kubernetes/types.ts';

/** Values of variables by their name, as `params.x` or `context.pipelineRun.name`. */
export type Variables = Map<string, ParamValue>;

const VARIABLE = /\$\(([^()\s]+)\)/g;
const INDEXED = /^(.+)\[(\d+|\*)\]$/;
const QUOTED = /^params\[(?:"([^"]+)"|'([^']+)')\](\[(?:\d+|\*)\])?$/;

/** Replaces `$(name)` in a text; what has no value stays as it is. https://tekton.dev/docs/pipelines/variables/ */
export function substitute(text: string, variables: Variables): string {
  return text.replace(VARIABLE, (whole, name: string) => {
    const value = lookUp(name, variables);
    return typeof value === 'string' ? value : whole;
  });
}

/** Replaces in every text of a list, where `$(params.list[*])` standing alone becomes all its elements. */
export function substituteList(texts: readonly string[], variables: Variables): string[] {
  return texts.flatMap((text) => {
    const whole = /^\$\(([^()\s]+)\)$/.exec(text)?.[1];
    const value = whole === undefined ? undefined : lookUp(whole, variables);
    return Array.isArray(value) ? value : [substitute(text, variables)];
  });
}

/** Replaces in a parameter's value: `$(params.list[*])` gives a whole list. */
export function substituteValue(value: ParamValue, variables: Variables): ParamValue {
  if (Array.isArray(value)) return substituteList(value, variables);
  const whole = /^\$\(([^()\s]+\[\*\])\)$/.exec(value)?.[1];
  const list = whole === undefined ? undefined : lookUp(whole, variables);
  return list ?? substitute(value, variables);
}

/** Replaces in every text of a structure. */
export function substituteDeep<T>(value: T, variables: Variables): T {
  if (typeof value === 'string') return substitute(value, variables) as T;
  if (Array.isArray(value)) return value.flatMap((part) => spread(part, variables)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, substituteDeep(part, variables)])) as T;
}

function spread(part: unknown, variables: Variables): unknown[] {
  return typeof part === 'string' ? substituteList([part], variables) : [substituteDeep(part, variables)];
}

function lookUp(name: string, variables: Variables): ParamValue | undefined {
  const quoted = QUOTED.exec(name);
  const plain = quoted ? `params.${quoted[1] ?? quoted[2]}${quoted[3] ?? ''}` : name;
  const [, list, at] = INDEXED.exec(plain) ?? [];
  if (list === undefined || at === undefined) return variables.get(plain);
  const value = variables.get(list);
  if (!Array.isArray(value)) return undefined;
  return at === '*' ? value : value[Number(at)];
}
