/**
 * Scopes that a caller can have for a tool. No scope includes another one. openapi/openapi.yaml says for each operation
 * which scope the operation needs.
 */
export const scopes = ['read', 'build', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (value: unknown): value is Scope => scopes.some((scope) => scope === value);
