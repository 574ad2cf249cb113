-- Until when a segment cannot be deleted. Its plan says it, so that whoever carries the plan out again asks the store for the same; null in plans from before.
alter table parcelkeep.segments add column retain_until timestamptz;

-- The archivist has no terms of its own: it goes by those in force.
grant execute on function parcelkeep.retention_terms to parcelkeep_archivist;
