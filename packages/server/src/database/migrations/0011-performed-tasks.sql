-- Work items of other systems' lists that this node performs.
create table performed_task (
  list text not null,
  uid text not null,
  -- Chosen before the item is claimed, so that a claim whose answer was lost is recognised as ours.
  transaction_uid text not null,
  study_instance_uid text not null default '',
  state text not null default 'claiming'
    check (state in ('claiming', 'fetching', 'running', 'completed', 'cancelled', 'lost')),
  run_id text references run on delete set null,
  -- Why it was cancelled or is tried again.
  reason text,
  -- What the manager was told last of the progress.
  told integer not null default -1,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (list, uid)
);
create index performed_task_open on performed_task (list) where state in ('claiming', 'fetching', 'running');
