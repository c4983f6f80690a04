-- What quality control said of each enhanced series, who is asked to look at it, and what they said.
create table quality_entry (
  -- The run and the number of the series in it.
  id text primary key,
  run_id text not null references run on delete cascade,
  study_instance_uid text not null,
  series_instance_uid text not null,
  source_series_instance_uid text not null,
  description text not null,
  -- ID@VERSION
  model text not null,
  modality text not null,
  scanner text not null,
  verdict text not null check (verdict in ('passed', 'flagged', 'held')),
  -- In words.
  reasons jsonb not null,
  -- By the name of the check.
  figures jsonb not null,
  -- Which result of the run shows it.
  picture integer,
  -- Why a person is asked: it is held back, it is flagged, it was drawn; null: nobody is.
  asked text check (asked in ('held', 'flagged', 'sample')),
  -- Of what is held back: waiting, released, rejected.
  decision text check (decision in ('waiting', 'released', 'rejected')),
  comment text,
  noted_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text,
  decided_by_name text,
  check ((verdict = 'held') = (decision is not null))
);
create index quality_entry_stratum on quality_entry (model, modality, scanner, noted_at desc);
create index quality_entry_run on quality_entry (run_id);
create index quality_entry_noted on quality_entry (noted_at desc);

-- Filled forms; 1 is worst, 5 is best.
create table quality_score (
  id bigint generated always as identity primary key,
  entry_id text not null references quality_entry on delete cascade,
  artefacts smallint not null check (artefacts between 1 and 5),
  sharpness smallint not null check (sharpness between 1 and 5),
  noise_texture smallint not null check (noise_texture between 1 and 5),
  confidence smallint not null check (confidence between 1 and 5),
  comment text,
  scored_by text not null,
  scored_by_name text not null,
  scored_at timestamptz not null default now()
);
create index quality_score_entry on quality_score (entry_id);

-- Of results that are kept but neither shown nor delivered until somebody releases them: the phase in which they would
-- have left; null: not held back. Their bytes lie among the artifacts, so that a rebuilt index does not show them.
alter table result add column held_phase text check (held_phase in ('research', 'assist', 'production'));
