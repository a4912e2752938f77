import { expect, test } from '@jest/globals';
import { delays } from '../../../load/fairness.ts';

const duration = 120;
const [tools, slots] = [200, 10];

test.each([0.5, 0.9, 2])(
  'a tool that floods the service delays no first build by more than one slot, at load %d',
  (load) => {
    const over = (tools * 2 * duration) / (load * slots);
    const result = delays({ tools, slots, duration, over, seed: 7 }, 20);
    expect(result.flooded.mostRunning).toBe(slots);
    expect(result.flooded.firstWaits.size).toBe(tools);
    expect(result.flooded.turns).toBeLessThanOrEqual(1);
    expect(Math.max(...result.delays)).toBeLessThanOrEqual(1);
  },
  120_000,
);
