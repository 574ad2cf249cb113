/** How many must agree, and out of which groups. Persons, not accounts: somebody with two accounts or two passkeys is one person. */
export interface Rule {
  /** Different persons, none of whom has asked; one more where nobody is known to have asked. */
  readonly approvals: number;
  /** Whose word counts. */
  readonly groups: readonly string[];
  /** Each group has to be heard, by a person of its own. */
  readonly everyGroup: boolean;
}

/** The groups of each approver, by person. */
export type GroupsOf = (person: string) => readonly string[];

export function mayDecide(rule: Rule, groupsOf: GroupsOf, person: string): boolean {
  return groupsOf(person).some((group) => rule.groups.includes(group));
}

/**
 * Whether these persons are enough. Whoever asked, is in none of the groups, or comes twice does not count.
 * @param requester person who asked; null where nobody is known to: anybody may have asked then, one of these persons too, so it takes one more.
 */
export function isQuorum(rule: Rule, groupsOf: GroupsOf, requester: string | null, persons: readonly string[]): boolean {
  const heard = [...new Set(persons)].filter((person) => person !== requester && mayDecide(rule, groupsOf, person));
  if (heard.length < rule.approvals + (requester === null ? 1 : 0)) return false;
  return !rule.everyGroup || areAllHeard([...new Set(rule.groups)], heard, groupsOf);
}

/** A person for each group and no person for two: groups and approvers are few, so all ways are tried. */
function areAllHeard(groups: readonly string[], persons: readonly string[], groupsOf: GroupsOf): boolean {
  const [group, ...others] = groups;
  if (group === undefined) return true;
  return persons.some((person) => {
    if (!groupsOf(person).includes(group)) return false;
    const left = persons.filter((other) => other !== person);
    return areAllHeard(others, left, groupsOf);
  });
}
