import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineRun, TaskRun } from '../../../../lib/tekton/types.ts';

type RecordedEvent = { headers: Record<string, string>; body: { pipelineRun?: PipelineRun; taskRun?: TaskRun } };

/** Reads a fixture: an event that Tekton sent on a real cluster. */
export const recorded = (name: string): RecordedEvent =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/tekton-events', `${name}.json`), 'utf8'));
export const run = (name: string) => recorded(`${name}.v1`).body.pipelineRun as PipelineRun;
export const taskRun = (name: string) => recorded(`${name}.v1`).body.taskRun as TaskRun;
