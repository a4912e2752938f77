import type { Span } from '../invisible.ts';
import { passwordName, tokenName } from './names.ts';

/** A kind of name. `secret` stands for passwords, tokens and keys. */
export type NameKind = 'password' | 'token' | 'secret';

const patterns = { password: new RegExp(passwordName, 'gi'), token: new RegExp(tokenName, 'gi') };

const search = (text: string, kind: 'password' | 'token'): Span[] => {
  const pattern = patterns[kind];
  const names: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) names.push([match.index, pattern.lastIndex]);
  return names;
};

/** The names of secrets in one text. Each kind of name is searched once, for all rules that begin with a name. */
export class NamesInText {
  readonly #text: string;
  readonly #found: Partial<Record<NameKind, readonly Span[]>> = {};

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the places of the names of a kind, by their beginnings. */
  of(kind: NameKind): readonly Span[] {
    const known = this.#found[kind];
    if (known) return known;
    const names = kind === 'secret' ? this.#all() : search(this.#text, kind);
    this.#found[kind] = names;
    return names;
  }

  #all(): readonly Span[] {
    const [passwords, tokens] = [this.of('password'), this.of('token')];
    if (passwords.length === 0 || tokens.length === 0) return passwords.length === 0 ? tokens : passwords;
    return [...passwords, ...tokens].sort(([a], [b]) => a - b);
  }
}
