-- Models that a site brought: the packages themselves lie on disk by their digest.
create table model (
  id text not null,
  version text not null,
  digest text not null,
  -- model.yaml with its defaults filled in.
  manifest jsonb not null,
  -- Names, sizes and hashes.
  files jsonb not null,
  -- Fingerprint of the key that signed the digest; null where nobody did.
  signed_by text,
  added_at timestamptz not null default now(),
  added_by text not null,
  removed_at timestamptz,
  primary key (id, version)
);
create unique index model_digest on model (digest) where removed_at is null;

-- Which version of a model is in use, in which phase, and for what; the newest row of a scope counts. Rows stay: they
-- are what a rollback goes back to.
create table model_placement (
  seq bigint generated always as identity primary key,
  model_id text not null,
  -- Empty: any.
  modality text not null default '',
  protocol text not null default '',
  version text not null,
  phase text not null check (phase in ('research', 'assist', 'production')),
  -- A version that is tried beside it: seen by nobody, or for a share of the studies.
  candidate text,
  candidate_mode text check (candidate_mode in ('shadow', 'canary')),
  candidate_share real check (candidate_share > 0 and candidate_share < 1),
  reason text,
  placed_at timestamptz not null default now(),
  placed_by text not null,
  foreign key (model_id, version) references model (id, version),
  foreign key (model_id, candidate) references model (id, version),
  check ((candidate is null) = (candidate_mode is null)),
  check ((candidate_share is not null) = (candidate_mode is not distinct from 'canary'))
);
create index model_placement_scope on model_placement (model_id, modality, protocol, seq desc);
