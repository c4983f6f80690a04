-- Steps that asked for a device: who waits, who holds, and how long it took. The locks themselves are those of sessions.
create table gpu_use (
  id bigint generated always as identity primary key,
  machine text not null,
  run_id text not null,
  step text not null,
  -- The process that asks or holds; what it left open when it died counts no more.
  executor_id text not null,
  device text,
  asked_at timestamptz not null default now(),
  granted_at timestamptz,
  ended_at timestamptz
);
create index gpu_use_open on gpu_use (machine, id) where ended_at is null;
create index gpu_use_asked on gpu_use (asked_at);
