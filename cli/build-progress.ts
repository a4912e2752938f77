import type { Build } from '../openapi/generated/types.ts';
import { clockText, durationText } from './durations.ts';
import { beginsText, restText, usualMs, waitMs } from './estimate.ts';
import type { LogLine } from './log-stream.ts';
import { printable } from './printable.ts';

/** Silence after which the status line says for how long a step has printed nothing, in milliseconds. */
const quietMs = 5000;
/** Age in milliseconds from which a line is taken for one of an old log, not for one of a machine with another time. */
const replayedMs = 600_000;
/** Limit for the steps whose times are kept. Lines of further steps count to the last of these. */
const maxSteps = 100;
/** Number of the last lines of a log in which a failure excerpt is searched. */
const keptLines = 100;

const stepName = (step: string): string => printable(step.replace(/^step-/, ''));

/** Returns a duration that is shown beside others, so a short one is not 0. */
const shortDuration = (ms: number): string => (ms < 1000 ? '<1 s' : durationText(ms));

/** The known progress of a build that a command follows, and the status line that shows it. */
export class BuildProgress {
  readonly #now: () => number;
  #begunAt: number;
  #note = 'Waiting for the log';
  #partial = '';
  #lastEventAt: number;
  /** Time of the first line of each step, in milliseconds since 1970. */
  readonly #steps = new Map<string, number>();
  #firstLineAt: number | undefined;
  #lastLineAt: number | undefined;
  readonly #lastLines: string[] = [];
  #usualMs: number | undefined;
  #beginsAt: number | undefined;

  /**
   * @param now returns the present time in milliseconds since 1970
   */
  constructor(now: () => number) {
    this.#now = now;
    this.#begunAt = now();
    this.#lastEventAt = this.#begunAt;
  }

  /** Adds a note of the service, such as the position in the queue. */
  addNote(text: string): void {
    this.#note = text;
    this.#partial = '';
  }

  /** Adds the present state of a line that the build has not finished. */
  addPartial(text: string): void {
    this.#partial = text;
    this.#lastEventAt = this.#now();
  }

  /** @param text the line as it is printed, without colours */
  addLine({ step, time }: Pick<LogLine, 'step' | 'time'>, text: string): void {
    const [now, name] = [this.#now(), stepName(step)];
    const at = Number.isNaN(Date.parse(time)) ? now : Date.parse(time);
    if (!this.#steps.has(name) && this.#steps.size < maxSteps) this.#steps.set(name, at);
    this.#firstLineAt = Math.min(this.#firstLineAt ?? at, at);
    // A log that is followed from its beginning is older than the command.
    this.#begunAt = Math.min(this.#begunAt, at);
    this.#lastLineAt = at;
    // The time of a line is by the clock of the build's machine. Silence is measured by this machine's clock alone,
    // except in an old log.
    this.#lastEventAt = now - at > replayedMs ? at : now;
    this.#partial = '';
    this.#lastLines.push(text);
    if (this.#lastLines.length > keptLines) this.#lastLines.shift();
  }

  /**
   * Adds what the other builds of the tool tell.
   * @param builds the tool's builds, newest first
   */
  addBuilds(builds: readonly Build[], id: string): void {
    const now = this.#now();
    const wait = waitMs(builds, id, now);
    this.#usualMs = usualMs(builds, builds.find(({ build_id }) => build_id === id)?.parameters?.source_url);
    this.#beginsAt = wait === undefined ? undefined : now + wait;
  }

  /** Tells whether the last lines of the log hold all these lines. */
  hasShown(lines: readonly string[]): boolean {
    return lines.every((line) => this.#lastLines.some((shown) => shown.trim() === line.trim()));
  }

  /** Returns the text of the status line at the present time. */
  text(): string {
    const total = this.#now() - this.#begunAt;
    if (this.#partial) return `${clockText(total)} ${this.#partial}`;
    const beginsInMs = this.#beginsAt === undefined ? undefined : this.#beginsAt - this.#now();
    const [step, begunAt = 0] = [...this.#steps].at(-1) ?? [];
    if (step === undefined) return `${this.#note}, ${clockText(total)}${beginsText(beginsInMs)}`;
    const silent = this.#now() - this.#lastEventAt;
    const quiet = silent < quietMs ? '' : `, quiet for ${durationText(silent)}`;
    const rest = restText(this.#usualMs, this.#now() - (this.#firstLineAt ?? begunAt));
    return `Step ${step} ${clockText(this.#now() - begunAt)}, build ${clockText(total)}${rest}${quiet}`;
  }

  /**
   * Returns how long each step took, from its first line to the first line of the next step: "clone 2 s, build 1 min 5 s".
   * Empty for a log without lines.
   * @param endedAt end of the build in milliseconds since 1970. Default: the last line
   */
  stepTimes(endedAt = this.#lastLineAt ?? 0): string {
    const steps = [...this.#steps];
    const ends = [...steps.slice(1).map(([, begunAt]) => begunAt), endedAt];
    return steps.map(([name, begunAt], at) => `${name} ${shortDuration((ends[at] ?? begunAt) - begunAt)}`).join(', ');
  }
}
