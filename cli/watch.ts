import { sleep } from '../lib/abort.ts';
import { exponentialBackoff } from '../lib/retry.ts';
import type { ListResponse } from '../openapi/generated/types.ts';
import type { Api } from './api.ts';
import { isTemporary } from './call.ts';
import { atMostCells, cut } from './cells.ts';
import type { Context } from './command.ts';
import { exitCodes, Failure } from './failure.ts';
import { hasEnded } from './format-builds.ts';
import { printable } from './printable.ts';
import { ResponseFailure } from './responses.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './terminal.ts';

/** Delay between a response and the next request in milliseconds: while builds go on, and while none does. */
const busyMs = 2000;
const idleMs = 10_000;
/** Time after which ages and durations are drawn again without a request, in milliseconds. */
const redrawMs = 1000;
/** Longest delay in milliseconds that a server can demand with Retry-After. A longer one is cut to this limit. */
const maxAskedMs = 3_600_000;
/** Delay in milliseconds before the next request after failures in a row. */
const failedMs = exponentialBackoff({ firstMs: busyMs, maxMs: 60_000, jitter: 0.5 });

/**
 * Checks that a list can be drawn again and again.
 * @throws Failure where standard output is no terminal that can do that, and for --json
 */
export const requireWatchable = (terminal: Terminal, json: boolean): void => {
  if (!json && terminal.columns !== undefined && terminal.canRedraw) return;
  throw new Failure(exitCodes.usage, '--watch needs a terminal, and draws a table for people.', {
    hint: 'In a script, use `toolforge-build wait ID`, or run `toolforge-build list --json` again.',
  });
};

type Render = (response: ListResponse) => Promise<string[] | string>;

/** The last response of the API, and what has happened since. */
class Watch {
  readonly #screen: Screen;
  readonly #terminal: Terminal;
  readonly #render: Render;
  #response: ListResponse | undefined;
  #failures = 0;
  #notice: { message: string; until: number } | undefined;

  constructor(screen: Screen, terminal: Terminal, render: Render) {
    this.#screen = screen;
    this.#terminal = terminal;
    this.#render = render;
  }

  /** Takes a response. @returns milliseconds until the next request */
  succeeded(response: ListResponse): number {
    this.#response = response;
    this.#failures = 0;
    this.#notice = undefined;
    return response.builds.every(hasEnded) ? idleMs : busyMs;
  }

  /** Takes a failure after which the request is sent again. @returns milliseconds until the next request */
  failed(failure: Failure): number {
    const asked = failure instanceof ResponseFailure ? (failure.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = Math.max(Math.min(asked, maxAskedMs), failedMs(++this.#failures));
    this.#notice = { message: printable(failure.message), until: performance.now() + delayMs };
    return delayMs;
  }

  async draw(): Promise<void> {
    const rendered = this.#response ? await this.#render(this.#response) : 'Reading the builds…';
    const lines = typeof rendered === 'string' ? [rendered] : rendered;
    this.#screen.show(lines, this.#footer());
  }

  #footer(): string {
    const seconds = this.#notice ? Math.max(0, Math.ceil((this.#notice.until - performance.now()) / 1000)) : 0;
    const text = this.#notice ? `Trying again in ${seconds} s: ${this.#notice.message}` : 'Ctrl-C ends the watch.';
    return this.#terminal.paint(
      this.#notice ? 'yellow' : 'dim',
      cut(text, this.#terminal.columns ?? text.length, atMostCells),
    );
  }
}

/**
 * Draws the list of a tool's builds again and again, until the user ends it by Ctrl-C. Sends at most one request in two
 * seconds, and waits for longer after failures.
 * @throws Failure of a request that would fail again
 */
export const watchLines = async (context: Context, api: Pick<Api, 'list'>, render: Render): Promise<never> => {
  context.terminal.clearSpinner();
  const screen = new Screen(process.stdout);
  const watch = new Watch(screen, context.terminal, render);
  screen.open();
  const redrawing = setInterval(() => void watch.draw(), redrawMs);
  try {
    for (;;) {
      const delayMs = await api.list(1).then(
        (response) => watch.succeeded(response),
        (error: unknown) => {
          if (error instanceof Failure && isTemporary(error, true)) return watch.failed(error);
          throw error;
        },
      );
      await watch.draw();
      await sleep(delayMs);
    }
  } finally {
    clearInterval(redrawing);
    screen.close();
  }
};
