-- What the hospital's systems say: HL7 messages, patients, orders, reports of others; and what is said to them.

-- One row per message, committed before it is acknowledged. A repeat (same sender, same control id, same content) finds
-- its row and gets the same answer.
create table hl7_message (
  id bigint generated always as identity primary key,
  sender_application text not null,
  sender_facility text not null,
  control_id text not null,
  -- SHA-256 of the message without what a sender changes when it repeats (MSH-7, MSH-13).
  content_sha256 text not null,
  message_type text not null,
  peer text not null,
  -- Holds patient data; emptied after hl7.keepDays. The row itself stays a while longer to recognise repeats.
  content bytea,
  state text not null default 'stored' check (state in ('stored', 'done')),
  outcome text check (outcome in ('AA', 'AE', 'AR')),
  error_code text,
  received_at timestamptz not null default now(),
  done_at timestamptz,
  unique (sender_application, sender_facility, control_id, content_sha256)
);
create index hl7_message_stored on hl7_message (id) where state = 'stored';
create index hl7_message_received on hl7_message (received_at);

-- Patients as HL7 names them. `merged_into` leads to the one that is shown instead.
create table patient (
  id text primary key default gen_random_uuid()::text,
  patient_id text not null,
  issuer text not null default '',
  name text not null default '',
  birth_date text not null default '',
  sex text not null default '',
  merged_into text references patient,
  changed_at timestamptz not null default now(),
  unique (patient_id, issuer)
);

-- Each change that a message made to how studies are shown; files are never changed. Undone changes stay.
create table patient_change (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('update', 'merge', 'change-id', 'move')),
  message_id bigint references hl7_message,
  retired_patient text references patient,
  surviving_patient text not null references patient,
  made_at timestamptz not null default now(),
  undone_at timestamptz,
  undone_by text
);
create index patient_change_retired on patient_change (retired_patient) where undone_at is null;
create table patient_change_study (
  change_id bigint not null references patient_change on delete cascade,
  study_instance_uid text not null references study on delete cascade,
  -- The fields of the study's row before and after.
  before jsonb not null,
  after jsonb not null,
  primary key (change_id, study_instance_uid)
);

create table imaging_order (
  id text primary key default gen_random_uuid()::text,
  source text not null check (source in ('hl7', 'mwl')),
  placer_number text not null default '',
  placer_issuer text not null default '',
  filler_number text not null default '',
  filler_issuer text not null default '',
  accession_number text not null default '',
  accession_issuer text not null default '',
  visit_number text not null default '',
  requested_procedure_id text not null default '',
  scheduled_step_id text not null default '',
  study_instance_uid text not null default '',
  patient_id text not null default '',
  patient_issuer text not null default '',
  patient_name text not null default '',
  birth_date text not null default '',
  sex text not null default '',
  modality text not null default '',
  station_ae_title text not null default '',
  body_part text not null default '',
  -- { value, scheme, meaning }
  procedure_code jsonb,
  description text not null default '',
  reason text not null default '',
  reason_code jsonb,
  clinical_information text not null default '',
  priority text not null default 'routine' check (priority in ('routine', 'high', 'urgent')),
  scheduled_at timestamptz,
  referring_physician text not null default '',
  ordering_physician text not null default '',
  weight_kg double precision,
  size_m double precision,
  state text not null default 'scheduled'
    check (state in ('scheduled', 'in-progress', 'completed', 'cancelled', 'discontinued')),
  -- [{ rule, text, code }]
  suggestions jsonb not null default '[]',
  -- When the sender wrote the newest message that was taken over: older ones that come late change nothing.
  message_at timestamptz,
  matched_study text references study on delete set null,
  matched_by text,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create index imaging_order_filler on imaging_order (filler_number) where filler_number <> '';
create index imaging_order_placer on imaging_order (placer_number) where placer_number <> '';
create index imaging_order_accession on imaging_order (accession_number) where accession_number <> '';
create index imaging_order_study on imaging_order (study_instance_uid) where study_instance_uid <> '';
create index imaging_order_patient on imaging_order (patient_id);
create index imaging_order_matched on imaging_order (matched_study);
create index imaging_order_expected on imaging_order (scheduled_at) where matched_study is null;

-- Reports that others wrote (ORU^R01): text only, bounded.
create table prior_report (
  id bigint generated always as identity primary key,
  message_id bigint references hl7_message,
  sender text not null,
  report_number text not null,
  study_instance_uid text not null default '',
  accession_number text not null default '',
  patient_id text not null default '',
  patient_issuer text not null default '',
  title text not null default '',
  status text not null default '',
  text text not null default '',
  attachments integer not null default 0,
  observed_at timestamptz,
  received_at timestamptz not null default now(),
  unique (sender, report_number)
);
create index prior_report_patient on prior_report (patient_id);
create index prior_report_study on prior_report (study_instance_uid) where study_instance_uid <> '';
create index prior_report_accession on prior_report (accession_number) where accession_number <> '';

-- Messages that are owed to other systems, in the order in which they go to each.
create table message_outbox (
  id bigint generated always as identity primary key,
  destination text not null,
  -- Names what the message says, once per destination: `report:<run>:draft`, `priority:<study>:urgent`.
  subject text not null,
  kind text not null check (kind in ('hl7', 'fhir')),
  study_instance_uid text not null,
  run_id text references run on delete cascade,
  -- The message as it goes out; holds patient data.
  content text not null,
  state text not null default 'waiting' check (state in ('waiting', 'acknowledged', 'failed')),
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  unique (destination, subject)
);
create index message_outbox_due on message_outbox (destination, id) where state = 'waiting';
create index message_outbox_run on message_outbox (run_id);

-- Issuer of Patient ID (0010,0021) of the images: two hospitals may use the same number.
alter table study add column patient_issuer text not null default '';
-- Merges and orders were looked at since the study arrived or its order changed.
alter table study add column is_reconciled boolean not null default false;
create index study_unreconciled on study (received_at) where not is_reconciled;
create index study_patient on study (patient_id) where patient_id <> '';
-- The priority of which the reading lists were told.
alter table study add column told_priority text not null default 'routine';

-- How far the reports of a run were told: null, draft or signed. What was done before this existed is not told now.
alter table run add column told_state text;
update run set told_state = review where review <> 'none';
create index run_untold on run (ended_at) where review <> 'none' and told_state is distinct from review;
