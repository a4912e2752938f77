/**
 * Starts the OpenID Connect issuer for tests as a program. The environment sets PORT, ISSUER_URL, API_SECRET, and
 * PEOPLE: JSON with people's names and their tools. Every sign-in form signs in the first person.
 */
import { startOidcIssuer } from './issuer.ts';

const { PORT, ISSUER_URL, API_SECRET, PEOPLE = '{}' } = process.env;
const people = Object.entries(JSON.parse(PEOPLE) as Record<string, string[]>);
const issuer = await startOidcIssuer({
  port: Number(PORT ?? 8080),
  ...(ISSUER_URL ? { url: ISSUER_URL } : {}),
  ...(API_SECRET ? { secret: API_SECRET } : {}),
});
for (const [name, tools] of people) issuer.people.set(name, { tools });
issuer.signIn(people[0]?.[0] ?? '');
process.once('SIGTERM', () => void issuer.close());
