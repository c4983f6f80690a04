create table run (
  id text primary key,
  -- Hash over input, pipeline, version and parameters; equal work is done once.
  run_key text not null unique,
  study_instance_uid text not null references study on delete cascade,
  route text not null,
  pipeline text not null,
  pipeline_version text not null,
  pipeline_title text not null,
  parameters jsonb not null,
  phase text not null check (phase in ('research', 'assist', 'production')),
  -- Destinations of the results, as configured when the run was decided.
  deliver jsonb not null,
  priority integer not null,
  -- The clock of the node, read once: content date-time of every result.
  content_at text not null,
  -- [{ sopInstanceUid, sha256 }] sorted: exactly what the run reads.
  input jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'packaged', 'delivered', 'failed')),
  error jsonb,
  review text not null default 'none' check (review in ('none', 'draft', 'signed')),
  summary jsonb,
  notices jsonb not null default '[]',
  -- False until the workflow engine has it: a node that dies between the two hands it over after its restart.
  handed_over boolean not null default false,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz
);
create index run_study on run (study_instance_uid, queued_at desc);
create index run_not_handed_over on run (queued_at) where not handed_over;

create table run_step (
  run_id text not null references run on delete cascade,
  name text not null,
  version text not null,
  ordinal integer not null,
  state text not null check (state in ('running', 'done', 'failed')),
  fraction double precision not null default 0,
  message text,
  attempts integer not null default 1,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (run_id, ordinal)
);

create table result (
  run_id text not null references run on delete cascade,
  ordinal integer not null,
  output text not null,
  kind text not null check (kind in ('dicom', 'json', 'html', 'png', 'nifti')),
  file_name text not null,
  sha256 text not null,
  byte_length bigint not null,
  sop_class_uid text,
  sop_instance_uid text,
  series_instance_uid text,
  primary key (run_id, ordinal)
);
create index result_sop on result (sop_instance_uid);

-- Findings that a person decides on, read back from the structured report of the run.
create table finding (
  run_id text not null references run on delete cascade,
  id text not null,
  ordinal integer not null,
  content jsonb not null,
  primary key (run_id, id)
);

-- Processes that may hold work. A process is alive while it holds the session lock (EXECUTOR_LOCKS, lock_key).
create table executor (
  id text primary key,
  lock_key integer not null,
  kind text not null check (kind in ('worker', 'server')),
  started_at timestamptz not null default now()
);

-- What has to leave the node. One row per destination and object: whatever is repeated, it is the same row.
create table outbox (
  id bigint generated always as identity primary key,
  destination text not null,
  sop_instance_uid text not null,
  sop_class_uid text not null,
  transfer_syntax_uid text not null,
  study_instance_uid text not null,
  series_instance_uid text not null,
  sha256 text not null,
  run_id text references run on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'acknowledged', 'failed')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  held_by text,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  acknowledgement text,
  unique (destination, sop_instance_uid)
);
create index outbox_due on outbox (destination, next_attempt_at) where state = 'waiting';
create index outbox_sending on outbox (held_by) where state = 'sending';
create index outbox_run on outbox (run_id);
