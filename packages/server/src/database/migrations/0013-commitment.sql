-- Storage commitment (PS3.4 annex J, PS3.18 section 13). A delivery to a destination that is asked for it is `stored`
-- until the destination has committed to it.
alter table outbox drop constraint outbox_state_check;
alter table outbox add constraint outbox_state_check
  check (state in ('waiting', 'sending', 'stored', 'acknowledged', 'failed', 'skipped', 'given-up'));
alter table outbox
  -- As it was sent: a prepared copy may have other UIDs than the object it was made of.
  add column sent_sop_class_uid text,
  add column sent_sop_instance_uid text,
  -- The request that names it and is not answered yet.
  add column transaction_uid text,
  -- Requests that nobody answered, and how often it was sent again because nobody committed to it.
  add column asks integer not null default 0,
  add column resends integer not null default 0;
create index outbox_stored on outbox (destination, id) where state = 'stored';
create index outbox_transaction on outbox (transaction_uid) where transaction_uid is not null;

-- What this node asked its destinations to commit to.
create table commitment_asked (
  transaction_uid text primary key,
  destination text not null,
  study_instance_uid text not null,
  -- [{ sopClassUid, sopInstanceUid }]
  instances jsonb not null,
  state text not null check (state in ('asking', 'asked', 'answered', 'refused', 'unanswered')),
  -- [{ sopInstanceUid, reason }], as the destination reported.
  failed jsonb not null default '[]',
  text text,
  asked_at timestamptz not null default now(),
  -- Without a report until then it counts as unanswered.
  due_at timestamptz not null,
  -- When a destination that does not report by itself is looked at again.
  check_at timestamptz,
  answered_at timestamptz
);
create index commitment_asked_open on commitment_asked (destination, due_at) where state in ('asking', 'asked');

-- What others asked this node to commit to. A row is there before the request is acknowledged.
create table commitment_given (
  transaction_uid text primary key,
  -- Calling AE title, or id of the account or token.
  asked_by text not null,
  way text not null check (way in ('dimse', 'dicomweb')),
  instances jsonb not null,
  state text not null default 'due' check (state in ('due', 'reported', 'failed')),
  failed jsonb not null default '[]',
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  asked_at timestamptz not null default now(),
  reported_at timestamptz
);
create index commitment_given_due on commitment_given (next_attempt_at) where state = 'due';
