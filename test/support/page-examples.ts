/** A code block of a page in Markdown, with the prose around it. */
type Block = { language: string; code: string; before: string; after: string };

/** An example repository of a page: its files, and what the page says about its build. */
export type RepositoryExample = {
  files: Record<string, string>;
  /** Lines that the log of the build has, in this order. */
  log: string[];
  fails: boolean;
  /** Text that the image serves; undefined where the page does not say so. */
  page: string | undefined;
};

/** Commands of a page, with lines that they print. */
export type CommandExample = { commands: string; output: string[] };

export type PageExamples = {
  repositories: RepositoryExample[];
  commands: CommandExample[];
  unused: Record<string, string>;
};

const blocksOf = (page: string): Block[] => {
  const parts = page.split(/^```([^\n]*)\n([\s\S]*?)^```$/m);
  return Array.from({ length: (parts.length - 1) / 3 }, (_, at) => {
    const [before = '', language = '', code = '', after = ''] = parts.slice(3 * at, 3 * at + 4);
    return { before, language, code, after };
  });
};

/** Returns the name of the file that a block holds, which a line with a colon at its end says before the block. */
const fileOf = ({ before }: Block): string | undefined =>
  /^`([A-Za-z.][^`\s]*)`[^\n]*:\s*$/m.exec(before.slice(before.trimEnd().lastIndexOf('\n') + 1))?.[1];

const repositoryOf = (files: Record<string, string>, log: Block): RepositoryExample => {
  const [, page] = /The image serves `([^`]+)`/.exec(log.after) ?? [];
  return { files, log: linesOf(log), fails: log.before.includes('The build fails'), page };
};

const linesOf = ({ code }: Block): string[] => code.split('\n').filter(Boolean);

/**
 * Returns the examples of a page. Blocks with the name of a file before them are files of one repository, up to the next
 * block `log`, which has lines of its build's log. Other blocks `sh` are commands, and a block `log` directly after them has
 * lines that they print. Files that stand alone in their section are `unused`.
 */
export const examplesOf = (page: string): PageExamples => {
  const examples: PageExamples = { repositories: [], commands: [], unused: {} };
  let files: Record<string, string> = {};
  let command: CommandExample | undefined;
  for (const block of blocksOf(page)) {
    if (/^#/m.test(block.before)) {
      Object.assign(examples.unused, files);
      files = {};
    }
    const file = fileOf(block);
    if (file !== undefined) files[file] = block.code;
    else if (block.language === 'sh') examples.commands.push({ commands: block.code, output: [] });
    else if (block.language === 'log' && command) command.output.push(...linesOf(block));
    else if (block.language === 'log') {
      examples.repositories.push(repositoryOf(files, block));
      files = {};
    }
    command = file === undefined && block.language === 'sh' ? examples.commands.at(-1) : undefined;
  }
  return examples;
};
