import type { Param, ParamSpec, ParamValue } from '../kubernetes/tekton-types.ts';
import type { Variables } from './substitute.ts';

/** Returns the names of a task's or pipeline's parameters that have neither a value nor a default. */
export const missingParams = (specs: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] => {
  const names = new Set(given.map(({ name }) => name));
  return specs.filter((spec) => spec.default === undefined && !names.has(spec.name)).map(({ name }) => name);
};

/** Returns the parameters of a task or pipeline as variables `params.NAME`. A given value wins over the default. */
export const paramVariables = (specs: readonly ParamSpec[] = [], given: readonly Param[] = []): Variables => {
  const defaults = specs.flatMap((spec): [string, ParamValue][] =>
    spec.default === undefined ? [] : [[spec.name, spec.default]],
  );
  const values = given.map(({ name, value }): [string, ParamValue] => [name, value]);
  return new Map([...defaults, ...values].map(([name, value]) => [`params.${name}`, value]));
};
