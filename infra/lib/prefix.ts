/** Begins the names of all roles, queues, topics and buckets. Stages differ by their accounts. */
export const prefix = "parcelkeep";
