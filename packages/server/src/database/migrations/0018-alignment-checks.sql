-- Runs whose images may not lie on each other: a technologist looks before the reader does.
create table alignment_check (
  run_id text primary key references run on delete cascade,
  study_instance_uid text not null,
  -- 0 … 100, and the limit of the site when it was noted.
  score integer not null,
  threshold integer not null,
  -- In words, for a work list.
  note text not null,
  state text not null default 'waiting' check (state in ('waiting', 'accepted', 'unusable')),
  noted_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text,
  decided_by_name text,
  comment text
);
create index alignment_check_study on alignment_check (study_instance_uid);
create index alignment_check_waiting on alignment_check (noted_at) where state = 'waiting';
