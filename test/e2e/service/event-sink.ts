import { kubectl } from '../pipeline/cluster.ts';

const tekton = (...words: string[]) => kubectl(['--namespace', 'tekton-pipelines', ...words]);

const setSink = (sink: string | null): Promise<string> =>
  tekton('patch', 'configmap', 'config-events', '--type=merge', '-p', JSON.stringify({ data: { sink } }));

/** Runs `work` while Tekton sends its events to another address. @param sink null: Tekton sends no events */
export const withEventSink = async <T>(sink: string | null, work: () => Promise<T>): Promise<T> => {
  const before = (await tekton('get', 'configmap', 'config-events', '-o', 'jsonpath={.data.sink}')).trim();
  await setSink(sink);
  try {
    return await work();
  } finally {
    await setSink(before);
  }
};
