/** Profiles → those that were searched for, in groups by where they get their login from. */

const OTHERS = "On their own";
const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** Once for each list. A source stands in its own group. */
export function prepared(profiles) {
  const sources = new Set(profiles.map(({ source }) => source));
  return profiles.map((profile) => ({
    ...profile,
    group: profile.source ?? (sources.has(profile.name) ? profile.name : OTHERS),
    lowName: profile.name.toLowerCase(),
    haystack: [profile.name, profile.account, profile.role, profile.source, profile.kind].join("\n").toLowerCase(),
  }));
}

/** Every word must occur somewhere. The best come first, groups by their best; without words all is by name. */
export function searched(profiles, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? profiles : profiles.filter(({ haystack }) => words.every((word) => haystack.includes(word)));
  const groups = new Map();
  for (const profile of found) {
    const group = groups.get(profile.group) ?? { name: profile.group, score: 9, rows: [] };
    const score = words.length === 0 ? 0 : scoreOf(profile.lowName, words);
    group.rows.push({ profile, score });
    group.score = Math.min(group.score, score);
    groups.set(profile.group, group);
  }
  const sorted = [...groups.values()].sort(
    (one, other) => one.score - other.score || Number(one.name === OTHERS) - Number(other.name === OTHERS) || byText(one.name, other.name),
  );
  return [...roleGroup(query.trim()), ...sorted.map(({ name, rows }) => ({ name, profiles: inOrder(rows) }))];
}

function scoreOf(name, words) {
  if (words.length === 1 && name === words[0]) return 0;
  if (words.every((word) => name.includes(word))) return name.startsWith(words[0]) ? 1 : 2;
  return words.some((word) => name.includes(word)) ? 3 : 4;
}

/** The source first: what its group is named after. */
function inOrder(rows) {
  return rows
    .sort(
      ({ profile: one, score: oneScore }, { profile: other, score: otherScore }) =>
        oneScore - otherScore || Number(other.name === other.group) - Number(one.name === one.group) || byText(one.lowName, other.lowName),
    )
    .map(({ profile }) => profile);
}

/** Faster than localeCompare by far, for thousands. */
function byText(one, other) {
  return one < other ? -1 : Number(one > other);
}

/** A role needs no profile. */
function roleGroup(text) {
  if (!ROLE_ARN.test(text)) return [];
  const profile = { name: text, group: "Role by its ARN", kind: null, account: text.split(":")[4], role: text, cached: false };
  return [{ name: profile.group, profiles: [profile] }];
}
