import { isArgument } from './judge.ts';
import { argument } from './names.ts';
import type { SecretRule } from './secret-rule.ts';

type Option = Pick<SecretRule, 'name' | 'masked' | 'left' | 'accept'> & {
  /** Names of commands that have the option. They are also the rule's keywords, if `keywords` has none. */
  commands: readonly string[];
  /** Source of a regular expression for the option, with what stands between the option and its value. */
  option: string;
  /** Source of a regular expression for the value. Default: one argument. */
  value?: string;
  keywords?: readonly string[];
};

/** An argument of the form `user:password`; its password is masked. */
export const pair =
  '(?:\\$(?=["\']))?(?:"[^":\\s]{0,100}:((?:[^"\\\\]|\\\\.)+)|\'[^\':]{0,100}:([^\']+)|[^\\s"\':]{1,100}:["\']?((?:\\\\.|[^\\s"\'`\\\\])+))';

/** Makes a rule for an option that holds a secret, up to 300 characters after the command's name. */
export const option = ({
  name,
  commands,
  option,
  value = argument,
  keywords = commands,
  accept = isArgument,
  masked,
  left,
}: Option): SecretRule => ({
  name,
  keywords,
  pattern: new RegExp(`(?<![\\w.-])(?:${commands.join('|')})\\b[^|\\n]{0,300}?\\s${option}${value}`, 'gd'),
  accept,
  masked,
  left,
});
