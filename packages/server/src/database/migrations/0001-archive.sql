-- The index of the archive. Everything here can be rebuilt from the files (rebuildIndex).

create table study (
  study_instance_uid text primary key,
  patient_name text not null default '',
  patient_id text not null default '',
  birth_date text not null default '',
  sex text not null default '',
  accession_number text not null default '',
  study_date text not null default '',
  study_time text not null default '',
  study_id text not null default '',
  description text not null default '',
  referring_physician text not null default '',
  weight_kg double precision,
  size_m double precision,
  state text not null default 'receiving'
    check (state in ('receiving', 'complete', 'awaiting-input', 'processing', 'draft', 'signed', 'failed')),
  state_reason text,
  priority text not null default 'routine' check (priority in ('routine', 'high', 'urgent')),
  priority_reason text not null default '',
  received_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  -- When the study counts as complete unless more arrives before; null once it was decided.
  settles_at timestamptz
);
create index study_settles on study (settles_at) where settles_at is not null;
create index study_received on study (received_at desc);

create table series (
  study_instance_uid text not null references study on delete cascade,
  series_instance_uid text not null,
  modality text not null default '',
  series_number integer,
  description text not null default '',
  body_part text not null default '',
  manufacturer text not null default '',
  model_name text not null default '',
  station_name text not null default '',
  institution text not null default '',
  frame_of_reference_uid text not null default '',
  received_at timestamptz not null default now(),
  primary key (study_instance_uid, series_instance_uid)
);

create table instance (
  sop_instance_uid text primary key,
  study_instance_uid text not null,
  series_instance_uid text not null,
  sop_class_uid text not null,
  transfer_syntax_uid text not null,
  instance_number integer,
  rows integer,
  columns integer,
  number_of_frames integer,
  -- Address of the file in the archive: SHA-256 of all its bytes.
  sha256 text not null,
  -- SHA-256 of transfer syntax and data set without file meta information: tells duplicates from conflicts.
  content_sha256 text not null,
  byte_length bigint not null,
  -- received: from outside; result: made by a run of this node; foreign-result: made by another run of Photopeak.
  origin text not null check (origin in ('received', 'result', 'foreign-result')),
  source jsonb not null,
  received_at timestamptz not null default now(),
  -- The audit entry that names this receipt; null until it is written (audit/receipts.ts).
  audit_sequence bigint,
  foreign key (study_instance_uid, series_instance_uid) references series on delete cascade
);
create index instance_series on instance (study_instance_uid, series_instance_uid);
create index instance_sha256 on instance (sha256);
create index instance_unaudited on instance (received_at) where audit_sequence is null;

-- A second data set under a UID that is already taken: kept apart, never shown, never lost.
create table quarantine (
  id text primary key,
  sop_instance_uid text not null,
  study_instance_uid text not null,
  sha256 text not null,
  byte_length bigint not null,
  source jsonb not null,
  received_at timestamptz not null default now()
);

