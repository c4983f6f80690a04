-- Unified procedure steps (PS3.4 annex CC): runs of this node, and work for performers outside.
create table work_item (
  uid text primary key,
  state text not null check (state in ('SCHEDULED', 'IN PROGRESS', 'COMPLETED', 'CANCELED')),
  -- Chosen by whoever claimed it; nobody else may change it from then on, and nobody is told.
  transaction_uid text,
  -- DICOM JSON without state and transaction UID. Addresses of this node start with `@/`.
  attributes jsonb not null,
  -- The run that this item shows; null for work that others perform.
  run_id text references run on delete cascade,
  -- A failed run that is tried again is a new item: final states stay final.
  attempt integer not null default 1,
  -- What of the run was shown last.
  run_mark text,
  created_by text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  unique (run_id, attempt)
);
create index work_item_open on work_item (created_at) where state in ('SCHEDULED', 'IN PROGRESS');
create index work_item_changed on work_item (changed_at desc);

-- Who hears of what. `uid` is empty for all items that will be created, narrowed by `filter`.
create table work_item_subscription (
  ae_title text not null,
  uid text not null,
  deletion_lock boolean not null default false,
  filter jsonb,
  created_at timestamptz not null default now(),
  primary key (ae_title, uid)
);
create index work_item_subscription_uid on work_item_subscription (uid);

-- Reports that wait for their subscriber's channel; gone once they are sent.
create table work_item_event (
  id bigint generated always as identity primary key,
  ae_title text not null,
  report jsonb not null,
  created_at timestamptz not null default now()
);
create index work_item_event_waiting on work_item_event (ae_title, id);
