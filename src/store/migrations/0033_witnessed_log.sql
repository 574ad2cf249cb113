-- The sequencer asks witnesses and time-stamping authorities: it writes what came of it into the log, and tells what it counted to whoever can be asked over the network.
insert into parcelkeep.audit_powers (role, type) values
  ('parcelkeep_sequencer', 'witness.missing'),
  ('parcelkeep_sequencer', 'checkpoint.time-stamped');

grant execute on function parcelkeep.tell_counters to parcelkeep_sequencer;
