-- Files of the archive that are damaged or lost, as `archive verify` or the scrub of a node found them.
create table archive_problem (
  -- Of the file as it should be.
  sha256 text primary key,
  code text not null,
  store text not null,
  detail text not null,
  -- Null where the index does not know the file. Kept here, because a replaced instance leaves the index for a moment.
  sop_instance_uid text,
  series_instance_uid text,
  study_instance_uid text,
  source jsonb,
  -- repaired: the recorded bytes are there again; replaced: another copy was taken as a new arrival.
  state text not null default 'open' check (state in ('open', 'repaired', 'replaced')),
  found_at timestamptz not null default now(),
  ended_at timestamptz,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text
);
create index archive_problem_due on archive_problem (next_attempt_at) where state = 'open';

-- How far the scrub is: one row, so that a node that starts again goes on where it was.
create table archive_scrub (
  one boolean primary key default true check (one),
  -- First byte of the hashes that are read next.
  next_part integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  -- Another node does not read meanwhile.
  leased_until timestamptz not null default now()
);
insert into archive_scrub default values;
