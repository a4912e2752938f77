// Made by npm run generate from openapi/openapi.yaml. Do not edit.
import type { BuildParameters } from './types.ts';
export type Violation = { instancePath: string; keyword: string; message?: string; params: Record<string, unknown> };
export type Validator<T> = { (value: unknown): value is T; errors?: Violation[] | null };
export const isBuildParameters: Validator<BuildParameters>;
export const listBuildsParameters: Validator<Record<string, string>>;
export const startBuildParameters: Validator<Record<string, string>>;
export const getLatestBuildParameters: Validator<Record<string, string>>;
export const getBuildParameters: Validator<Record<string, string>>;
export const deleteBuildParameters: Validator<Record<string, string>>;
export const cancelBuildParameters: Validator<Record<string, string>>;
export const getLogsParameters: Validator<Record<string, string>>;
export const cleanImagesParameters: Validator<Record<string, string>>;
export const quotaParameters: Validator<Record<string, string>>;
