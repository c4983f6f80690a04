-- Deliveries that will not happen: the destination does not take this kind of object, or a person gave it up.
alter table outbox drop constraint outbox_state_check;
alter table outbox add constraint outbox_state_check
  check (state in ('waiting', 'sending', 'acknowledged', 'failed', 'skipped', 'given-up'));
create index outbox_failed on outbox (id) where state = 'failed';

-- A study as an outside service knows it. What comes back under the pseudonymous UID belongs to the study.
create table pseudonym_study (
  pseudonym_uid text primary key,
  destination text not null,
  study_instance_uid text not null references study on delete cascade,
  -- Stands for the patient in what was sent.
  patient_pseudonym text not null,
  -- Days that dates were moved by: negative, 0 where they were not.
  shift_days integer not null,
  created_at timestamptz not null default now()
);
create index pseudonym_study_original on pseudonym_study (study_instance_uid);

-- Every UID that was replaced. The secret of the replacement stays in the configuration; this is the way back, and
-- holds after the secret was changed.
create table pseudonym_uid (
  pseudonym text not null,
  study_pseudonym text not null references pseudonym_study on delete cascade,
  original text not null,
  primary key (study_pseudonym, pseudonym)
);
