/** What a caller may do for a tool; openapi.yaml says for each operation which one it takes. None includes another. */
export const scopes = ['read', 'build', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (value: unknown): value is Scope => scopes.some((scope) => scope === value);
