-- Each time a model of the site was run on a series, for metrics, alerts and the decision to go back.
create table model_use (
  id bigint generated always as identity primary key,
  model_id text not null,
  version text not null,
  -- What a study got, or what ran beside it.
  role text not null check (role in ('serving', 'shadow')),
  load_seconds double precision not null,
  run_seconds double precision not null,
  -- Null where it is not ours to see.
  peak_memory_mb double precision,
  -- Code of the error; null where it gave a result.
  failure text,
  used_at timestamptz not null default now()
);
create index model_use_version on model_use (model_id, version, id desc);

-- How a candidate differed from the version in use on a series of a study. Nobody is shown the candidate's result.
create table model_comparison (
  run_id text not null references run on delete cascade,
  study_instance_uid text not null,
  series_instance_uid text not null,
  model_id text not null,
  version text not null,
  candidate text not null,
  modality text not null,
  protocol text not null,
  scanner text not null,
  -- Name, label, unit and value of each difference.
  differences jsonb not null,
  version_seconds double precision,
  candidate_seconds double precision,
  -- Code and text of the error; null where both gave a result.
  failure jsonb,
  compared_at timestamptz not null default now(),
  primary key (run_id, series_instance_uid, model_id, candidate)
);
create index model_comparison_model on model_comparison (model_id, version, candidate, compared_at);
