import { makeFacts } from '../../scripts/generate/facts.ts';

const { services } = makeFacts({ namespace: 'image-build' });

/** The event functions that accept only the tokens of their own Trigger or PingSource. */
export const eventReceivers = services
  .filter(({ environment }) => 'EVENT_SUBJECTS' in environment)
  .map(({ name }) => name);
