import type { LogNote, NotePosition } from '../types.ts';
import type { ArchivedNote } from './archive-index.ts';

/** A note of an archive as an event of the log, with its position. */
export type NoteEvent = LogNote & { position: NotePosition };

const noteEvent = ({ text, ...position }: ArchivedNote): NoteEvent => ({ type: 'note', text, position });

/** The notes of one archived step that a reader has not passed on yet, in the order of their lines. */
export class PendingNotes {
  readonly #notes: ArchivedNote[];

  constructor(notes: readonly ArchivedNote[]) {
    this.#notes = notes.toSorted((a, b) => a.line - b.line);
  }

  /**
   * Says whether a note stands between two lines of a range.
   * @param first number of the range's first line
   * @param end number of the line behind the range
   */
  hasWithin(first: number, end: number): boolean {
    return this.#notes.some(({ line }) => line > first && line < end);
  }

  /** Removes and returns the notes that stand before a line of the step or before an earlier line. */
  takeBefore(line: number): NoteEvent[] {
    const later = this.#notes.findIndex((note) => note.line > line);
    return this.#notes.splice(0, later < 0 ? this.#notes.length : later).map(noteEvent);
  }

  /** Removes and returns all notes of the step that were not passed on yet. */
  takeAll(): NoteEvent[] {
    return this.takeBefore(Number.POSITIVE_INFINITY);
  }
}
