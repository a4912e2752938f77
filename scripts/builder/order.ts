/** A buildpack in a group of an order. Without a version, the builder has one version of the buildpack. */
export type Member = { id: string; version?: string; optional?: boolean };

/**
 * Groups of buildpacks. The lifecycle builds with the first group whose required buildpacks all pass.
 * @see https://github.com/buildpacks/spec/blob/main/platform.md#ordertoml-toml
 */
export type Order = { group: Member[] }[];

/** Orders of the composite buildpacks of a builder, by the id of the buildpack. */
export type Composites = ReadonlyMap<string, Order>;

/** Buildpacks of this project that a builder may get. */
export type Additions = { apt: Member; procfile: Member };

/** Tells the purpose of a buildpack by the last part of its id. The parts before are the name of its maker. */
const purposes = {
  apt: /^apt$/,
  node: /^node(js)?(-engine)?$/,
  procfile: /^procfile$/,
  start: /^start$/,
  packages: /^deb(ian)?-packages$/,
  pages: /^static$/,
};
type Purpose = keyof typeof purposes;

const hasPurpose =
  (...wanted: Purpose[]) =>
  ({ id }: Member): boolean =>
    wanted.some((purpose) => purposes[purpose].test(id.slice(id.lastIndexOf('/') + 1)));

/** Returns the members of an order, and the members of the composite buildpacks among them. */
const withNested = (members: readonly Member[], composites: Composites, outer: readonly string[] = []): Member[] =>
  members.flatMap((member) => {
    // A composite buildpack that contains itself is refused by the lifecycle. It must not make this function endless.
    const order = outer.includes(member.id) ? undefined : composites.get(member.id);
    const nested = order?.flatMap(({ group }) => group) ?? [];
    return [member, ...withNested(nested, composites, [...outer, member.id])];
  });

const asOptional = ({ id, version }: Member): Member => ({ id, ...(version ? { version } : {}), optional: true });

/** Inserts a member before the first member that does not pass the test, or at the end. */
const insertAfterLeading = (group: Member[], passes: (member: Member) => boolean, member: Member): Member[] => {
  const index = group.findIndex((other) => !passes(other));
  return index === -1 ? [...group, member] : [...group.slice(0, index), member, ...group.slice(index)];
};

const builds = (member: Member): boolean =>
  !member.optional && !hasPurpose('apt', 'node', 'procfile', 'start', 'packages', 'pages')(member);

/** Node.js goes before the language, so that the language finds what Node.js has built, and its process web wins. */
const addNode = (group: Member[], composites: Composites, node: Member | undefined): Member[] => {
  const needless = node === undefined || withNested(group, composites).some(hasPurpose('node'));
  return needless || !group.some(builds)
    ? group
    : insertAfterLeading(group, hasPurpose('apt', 'packages'), asOptional(node));
};

/** The buildpack for a Procfile goes to the end, where its processes win. A buildpack that checks processes comes later. */
const addProcfile = (group: Member[], composites: Composites, procfile: Member): Member[] => {
  if (withNested(group, composites).some(hasPurpose('procfile'))) return group;
  const last = group.at(-1);
  return last && hasPurpose('start')(last)
    ? [...group.slice(0, -1), asOptional(procfile), last]
    : [...group, asOptional(procfile)];
};

/** A buildpack of the same id that an earlier version of this project has added is replaced in its place. */
const addApt = (group: Member[], composites: Composites, apt: Member): Member[] =>
  withNested(group, composites).some(hasPurpose('apt'))
    ? group.map((member) => (member.id === apt.id ? asOptional(apt) : member))
    : [asOptional(apt), ...group];

const membersOf = (order: Order): Member[] => order.flatMap(({ group }) => group);

/**
 * Returns the first buildpack for Node.js that groups of an order have as a member. An engine alone builds no application.
 */
export const findNode = (order: Order): Member | undefined =>
  membersOf(order).find((member) => hasPurpose('node')(member) && !member.id.endsWith('-engine'));

/** Returns the first buildpack for a Procfile that an order has, also within a composite buildpack. */
export const findProcfile = (order: Order, composites: Composites): Member | undefined =>
  withNested(membersOf(order), composites).find(hasPurpose('procfile'));

/**
 * Returns an order with the buildpack for an Aptfile first in each group, with Node.js as an optional member of the groups
 * of other languages, and with a buildpack for a Procfile in the groups that have none. A group keeps what it has, so the
 * function changes nothing in an order that it has returned.
 */
export const extendOrder = (order: Order, composites: Composites, additions: Additions): Order => {
  const node = findNode(order);
  const procfile = findProcfile(order, composites) ?? additions.procfile;
  return order.map(({ group }) => ({
    group: addApt(addProcfile(addNode(group, composites, node), composites, procfile), composites, additions.apt),
  }));
};
