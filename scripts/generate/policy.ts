/** A rule of a policy: a CEL expression that must be true, and the sentence for a request that breaks the rule. */
export type Rule = { expression: string; message: string };

/** A limit for the ServiceAccounts of the builds' namespace, for one kind of request. */
export type Policy = {
  /** Name of the policy, after the name of the namespace. */
  name: string;
  requests: { apiGroups: string[]; apiVersions: string[]; resources: string[]; operations: string[] };
  /** Whether the rules read the settings, as `variables.settings`. */
  readsSettings: boolean;
  /** CEL expressions that the rules use as `variables.<name>`, by their names. */
  variables?: Readonly<Record<string, string>>;
  rules: readonly Rule[];
};
