-- What somebody should look at: open while its cause lasts, once per cause.
create table alert (
  id bigint generated always as identity primary key,
  kind text not null,
  -- A study, a run, a destination or a node, as the kind says.
  subject text not null,
  study_instance_uid text,
  -- Without patient data: it leaves the node.
  text text not null,
  raised_at timestamptz not null default now(),
  resolved_at timestamptz,
  -- Somebody has seen it and does not want to be reminded, although the cause lasts.
  acknowledged_at timestamptz,
  acknowledged_by text
);
create unique index alert_open on alert (kind, subject) where resolved_at is null;

-- What each webhook is told of an alert, once for its beginning and once for its end.
create table alert_notice (
  id bigint generated always as identity primary key,
  alert_id bigint not null references alert on delete cascade,
  webhook text not null,
  event text not null check (event in ('raised', 'resolved')),
  state text not null default 'waiting' check (state in ('waiting', 'acknowledged', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  unique (alert_id, webhook, event)
);
create index alert_notice_due on alert_notice (webhook, id) where state = 'waiting';
