create table account (
  id text primary key,
  username text not null unique,
  name text not null,
  roles text[] not null,
  -- argon2id in PHC form; null until a password is set.
  password_hash text,
  disabled boolean not null default false,
  created_at timestamptz not null default now()
);

-- Only hashes of secrets are stored: who reads this table cannot sign in.
create table session (
  token_sha256 text primary key,
  account_id text not null references account on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

create table sign_in_link (
  token_sha256 text primary key,
  account_id text not null references account on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table decision (
  id bigint generated always as identity primary key,
  run_id text not null references run on delete cascade,
  finding_id text not null,
  action text not null check (action in ('accept', 'modify', 'reject')),
  name text,
  site text,
  comment text,
  decided_by text not null,
  decided_by_name text not null,
  decided_at timestamptz not null default now()
);
create index decision_run on decision (run_id, finding_id, id desc);

create table signature (
  run_id text primary key references run on delete cascade,
  sop_instance_uid text not null,
  series_instance_uid text not null,
  predecessor_sop_instance_uid text not null,
  signed_by text not null,
  signed_by_name text not null,
  signed_at timestamptz not null
);

-- The hash chain. An entry is never updated and never deleted: the triggers refuse it to anyone who does not first
-- disable them, and the chain shows it when somebody does.
create table audit (
  sequence bigint primary key,
  -- RFC 8785 text of the entry, which contains the hash of the entry before; hash = SHA-256 of this text.
  entry text not null,
  hash text not null
);
create table audit_head (
  one boolean primary key default true check (one),
  sequence bigint not null,
  hash text not null
);
insert into audit_head (sequence, hash) values (0, repeat('0', 64));

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only';
end $$;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_change();
