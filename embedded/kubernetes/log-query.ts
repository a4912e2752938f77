import { badRequest, invalid } from './errors.ts';
import { kindOf } from './kinds.ts';
import type { Clock } from './time.ts';
import { seconds, wholeSeconds } from './time.ts';

/** The query parameters of a request for a container's log. */
export type LogQuery = {
  container: string | undefined;
  follow: boolean;
  timestamps: boolean;
  /** Log entries before this time are left out. The format is RFC 3339 with nine digits of a second, as in LogEntry. */
  since: string | undefined;
  tailLines: number | undefined;
  limitBytes: number;
  previous: boolean;
};

/**
 * Parses the query parameters of a request for a pod's log.
 * @throws StatusError 400 for a text that can't be parsed, 422 for a value that is not allowed
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#http-request-2
 */
export const parseLogQuery = (query: URLSearchParams, clock: Clock): LogQuery => ({
  container: query.get('container') || undefined,
  follow: flag(query, 'follow'),
  timestamps: flag(query, 'timestamps'),
  since: sinceOf(query, clock),
  tailLines: count(query, 'tailLines', 0),
  limitBytes: count(query, 'limitBytes', 1) ?? Number.POSITIVE_INFINITY,
  previous: flag(query, 'previous'),
});

const flag = (query: URLSearchParams, name: string): boolean => {
  const text = query.get(name);
  return text !== null && text !== 'false' && text !== '0';
};

const count = (query: URLSearchParams, name: string, least: 0 | 1): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^-?\d{1,18}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) >= least) return Number(text);
  const rule = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
  throw invalid(kindOf('pods'), '', [{ field: name, message: `Invalid value: ${text}: ${rule}` }]);
};

/**
 * Returns the time that the query parameter sinceTime or sinceSeconds names. Fractions of a second are cut off, because
 * a real API server passes whole seconds to the kubelet.
 */
const sinceOf = (query: URLSearchParams, clock: Clock): string | undefined => {
  const time = query.get('sinceTime');
  const age = count(query, 'sinceSeconds', 1);
  if (time && age !== undefined) {
    const message = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    throw invalid(kindOf('pods'), '', [{ field: 'sinceTime', message }]);
  }
  const from = age === undefined ? time && requireTime(time) : seconds(clock() - age * 1000);
  return from ? from.replace('Z', '.000000000Z') : undefined;
};

const requireTime = (text: string): string => {
  const time = wholeSeconds(text);
  if (!time) throw badRequest(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse`);
  return time;
};
