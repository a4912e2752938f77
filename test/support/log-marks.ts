/** Name in the marks of logs, which the variable STEP_LOG_MARK holds. */
export const markName = '0b0c7c0e-5a4c-4f7c-9a43-1d1f5a3f4c11';

/** Returns a mark without its line feed. */
const markText = (text: string): string => `[log-mark ${markName}] ${text}`;

/** Returns a mark with its line feed. */
export const markOf = (text: string): string => `${markText(text)}\n`;

export const begin = markText('begin');

export const endMark = (lines: number): string => markText(`end: ${lines} lines, ${lines * 2} bytes`);

/** Returns an unfinished line, which a mark ends. */
export const unfinished = (text: string): string => text + markText('continues');
