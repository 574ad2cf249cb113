/** One item of the guide: where it is enforced, where it is proven, what an auditor is shown. */
export interface Control {
  /** The guide's own number. */
  readonly id: string;
  readonly asks: string;
  /** Policies as `kind name`, and files of the repository. */
  readonly enforced: { readonly policies?: readonly string[]; readonly stacks?: readonly string[]; readonly code?: readonly string[] };
  /** Groups of the truth table, and test files. */
  readonly proven: { readonly cells?: readonly string[]; readonly tests?: readonly string[] };
  /** What is kept or can be asked for when somebody wants to see it. */
  readonly evidence: string;
  /** What cannot be had in the region, is a person's to do, or is not built: and what stands in for it. */
  readonly limits?: string;
}
