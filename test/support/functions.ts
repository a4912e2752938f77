import { makeFacts } from '../../scripts/generate/facts.ts';

const { services } = makeFacts({ namespace: 'image-build' });

/** Names of the event functions. Each accepts only the tokens of its own Trigger or PingSource. */
export const eventReceivers = services
  .filter(({ environment }) => 'EVENT_SUBJECTS' in environment)
  .map(({ name }) => name);
