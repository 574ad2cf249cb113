/** How long sessions of operators last. NIST SP 800-63B-4, section 2.3.3, asks for re-authentication after at most 12 hours and 15 to 60 idle minutes at AAL3 and AAL2. */
export const sessionTimes = {
  idleS: 15 * 60,
  lifeS: 8 * 60 * 60,
  /** So long a passkey's use vouches for what is done next. */
  stepUpS: 5 * 60,
} as const;

/** A browser has so long to answer. */
export const challengeLifeS = 5 * 60;
/** Somebody may have to find their telephone to sign in with the provider. */
export const providerLifeS = 10 * 60;
export const invitationLifeS = 15 * 60;
