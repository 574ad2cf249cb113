/** Names a job of the inbox, and says nothing about it. */
export interface JobName {
  readonly lane: number;
  /** Of the inbox; grows within a lane, aside from commits that overtake each other. */
  readonly seq: string;
}

const groupForm = /^lane-([0-5]?\d|6[0-3])$/;
const idForm = /^job-([1-9]\d{0,18})$/;

/** As a queue carries it: a lane is a group, so that one receiver at a time works at a lane. */
export function jobMessage({ lane, seq }: JobName): { readonly id: string; readonly group: string } {
  return { id: `job-${seq}`, group: `lane-${lane}` };
}

/** @returns null where no job is named like that. */
export function jobNameOf({ id, group }: { readonly id: string; readonly group: string }): JobName | null {
  const [lane, seq] = [groupForm.exec(group)?.[1], idForm.exec(id)?.[1]];
  return lane === undefined || seq === undefined ? null : { lane: Number(lane), seq };
}
