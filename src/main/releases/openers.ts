/**
 * Has openers started for what is granted: by the supervisor of this machine, or by a platform. Whatever is started twice or lost, the database lets a grant be used once and until its
 * time, and the opener looks at it itself.
 */
export interface Openers {
  /** One look at what is granted. What cannot be started is logged, holds up no other, and is tried again with a later turn until its time is over. */
  turn(): Promise<void>;
  /** Starts nothing more, and resolves when nothing of what was started here is under way. */
  stop(): Promise<void>;
}
