-- Versions of the routes, what is expected of a study, how sources send, and the studies from before.

-- Each set of routes that was ever in force. The newest is; going back to an older one makes a new version of it.
create table route_version (
  id bigint generated always as identity primary key,
  text text not null,
  sha256 text not null,
  -- file: photopeak.yaml; editor: the workspace; rollback: an older version again.
  origin text not null check (origin in ('file', 'editor', 'rollback')),
  author text not null,
  note text not null default '',
  made_at timestamptz not null default now()
);

-- Runs of a route with an off-peak time are handed over within it only.
alter table run add column off_peak jsonb;
-- Which evidence closed a study, and when. null: not closed yet.
alter table study add column closed_by text;
alter table study add column closed_at timestamptz;
-- Told by others (the largest count of any evidence); null where nobody told.
alter table study add column expected_instances integer;
-- Instances that were told and are not here; a number above 0 is a difference that somebody must see.
alter table study add column missing_instances integer not null default 0;
-- The last association or request that brought instances of the study and ended well.
alter table study add column association_ended_at timestamptz;
-- The first moment at which the study could have been closed but waited for what was announced.
alter table study add column waits_since timestamptz;

-- What others tell of a study: performed procedure steps, availability notices, the source's own count. The study may
-- not be here yet.
create table expectation (
  study_instance_uid text not null,
  kind text not null check (kind in ('mpps', 'ian', 'query')),
  -- SOP Instance UID of the procedure step or notice; name of the archive that was asked.
  key text not null,
  -- open: a step in progress, more may come.
  state text not null check (state in ('open', 'final', 'discontinued')),
  -- [{ seriesInstanceUid, instances: [UID] }]; an archive that tells counts only has no instances.
  series jsonb not null,
  instance_count integer not null,
  told_by text not null,
  told_at timestamptz not null default now(),
  primary key (study_instance_uid, kind, key)
);

-- Performed procedure steps as their modalities created and set them.
create table procedure_step (
  sop_instance_uid text primary key,
  -- The attributes as DICOM JSON.
  content jsonb not null,
  status text not null,
  changed_at timestamptz not null default now()
);

-- The longest pause within each of the last studies of a source, in milliseconds, the newest last.
create table source_pace (
  source text primary key,
  pauses jsonb not null,
  changed_at timestamptz not null default now()
);

alter table instance drop constraint instance_origin_check;
alter table instance add constraint instance_origin_check
  check (origin in ('received', 'result', 'foreign-result', 'prior'));

-- One search for studies from before: for a study that is here, or for an order.
create table prior_search (
  id bigint generated always as identity primary key,
  subject text not null unique,
  study_instance_uid text,
  order_id text,
  patient_id text not null,
  patient_issuer text not null default '',
  state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index prior_search_due on prior_search (next_attempt_at) where state = 'waiting';

-- A study from before that a rule finds relevant.
create table prior (
  search_id bigint not null references prior_search on delete cascade,
  study_instance_uid text not null,
  archive text not null,
  rule text not null,
  -- Why it is relevant, in words.
  reason text not null,
  study_date text not null default '',
  description text not null default '',
  modalities text[] not null,
  instance_count integer,
  state text not null default 'waiting' check (state in ('waiting', 'here', 'failed')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  fetched_at timestamptz,
  primary key (search_id, study_instance_uid)
);
create index prior_due on prior (next_attempt_at) where state = 'waiting';
