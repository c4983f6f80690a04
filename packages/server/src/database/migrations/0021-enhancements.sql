-- Enhanced series that somebody asked for while reading: a temporary layer until it is kept or its time is over.
create table enhancement (
  run_id text primary key references run (id) on delete cascade,
  study_instance_uid text not null,
  series_instance_uid text not null,
  task text not null,
  -- As it was asked for: auto, ID or ID@VERSION.
  method text not null,
  asked_by text not null,
  asked_by_name text not null,
  asked_at timestamptz not null default now(),
  -- When the layer goes unless it is kept; null until it is there.
  expires_at timestamptz,
  -- Null: it is awaited or there as a layer.
  outcome text check (outcome in ('kept', 'dropped', 'expired')),
  decided_by text,
  decided_at timestamptz
);
create index enhancement_study on enhancement (study_instance_uid) where outcome is null;
