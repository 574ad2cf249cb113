/** Calls to a source within the window of its service level. */
export interface SourceCalls {
  readonly calls: number;
  readonly failures: number;
}

/** Share of calls that should be answered. Own choice: carriers promise none that is published. */
export const answeredTarget = 0.99;

export interface ServiceLevel {
  readonly target: number;
  /** Share that was answered; null where nothing was asked. */
  readonly answered: number | null;
  /** Failures that the target still allows, as a share of those that it allows: 1 untouched, 0 or less spent. */
  readonly budgetLeft: number;
}

export function serviceLevel({ calls, failures }: SourceCalls): ServiceLevel {
  if (calls === 0) return { target: answeredTarget, answered: null, budgetLeft: 1 };
  return { target: answeredTarget, answered: 1 - failures / calls, budgetLeft: 1 - failures / (calls * (1 - answeredTarget)) };
}
