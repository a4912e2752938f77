import { createAnnouncedSecrets } from './announced-secrets.ts';
import { createFoldedSecrets } from './folded-secrets.ts';
import { removeInvisible, type Span, toOriginal } from './invisible.ts';
import { createKeyColumns } from './key-columns.ts';
import { trackAll } from './line-tracker.ts';
import { mergeSpans, nothingNamed, type SecretFinder } from './secret-finder.ts';
import { createTableColumns } from './table-columns.ts';

/** Finds the secrets of one step's lines, in their order: by the form of a line itself, and by what earlier lines tell. */
export type TrackedSecrets = {
  /** Returns the secrets of the next line. */
  find(text: string): readonly Span[];
  /** Forgets the lines before, because the next line does not continue them. */
  reset(): void;
  /** Whether the next line is masked by itself alone. */
  readonly isAtRest: boolean;
};

/** Matches characters that a reader may not see, and others. A search for this pattern is faster than removeInvisible. */
const mayHide = /[^\t -~]/;

/** Makes the state of all trackers for the lines of one step. */
export const createTrackedSecrets = (findSecrets: SecretFinder): TrackedSecrets => {
  const folded = createFoldedSecrets(findSecrets);
  const named = trackAll([createKeyColumns(), createTableColumns(), createAnnouncedSecrets()]);

  const addToAll = (text: string, found: readonly Span[]): readonly Span[] => named.add(text, folded.add(text, found));

  /** Adds a line without what a reader does not see, so that colours do not hide a name, a table or a value. */
  const addVisible = (text: string, found: readonly Span[]): readonly Span[] => {
    if (!mayHide.test(text)) return addToAll(text, found);
    const { plain, removals } = removeInvisible(text);
    if (removals.length === 0) return addToAll(text, found);
    const spans = toOriginal(addToAll(plain, findSecrets(plain)), removals);
    return mergeSpans([...found, ...spans]);
  };

  return {
    find: (text) => {
      const found = findSecrets(text);
      // Only a line that names a secret brings the trackers after the first one out of their rest.
      return found === nothingNamed && named.isAtRest ? folded.add(text, found) : addVisible(text, found);
    },
    reset: () => {
      folded.reset();
      named.reset();
    },
    get isAtRest() {
      return folded.isAtRest && named.isAtRest;
    },
  };
};
