/** One member of an `Accept` header: in lower case, with its quality from 0 to 1 (NaN where that is none). */
export type AcceptedRange = { name: string; quality: number };

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-quality-values */
export const wishesIn = (accept: string): AcceptedRange[] =>
  accept.split(',').map((member) => {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
    const given = parameters.find((parameter) => parameter.startsWith('q='));
    return { name, quality: Number(given?.slice(2) ?? 1) };
  });
