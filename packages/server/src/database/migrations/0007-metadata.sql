-- DICOM JSON of every instance, ready to be sent. Made from the archive's file, so it can be dropped and made again.
create table instance_metadata (
  -- The file it was made from.
  sha256 text primary key,
  -- BulkDataURI values start with `@/`: the address of the node is put in when they are sent.
  json text not null
);

-- What QIDO-RS matches of a series beyond the index: the procedure step and the requests it answers.
create table series_procedure (
  study_instance_uid text not null,
  series_instance_uid text not null,
  performed_date text not null,
  performed_time text not null,
  -- [{ requestedProcedureId, scheduledProcedureStepId }]
  requests jsonb not null,
  primary key (study_instance_uid, series_instance_uid),
  foreign key (study_instance_uid, series_instance_uid) references series on delete cascade
);

-- Lists of studies are sorted and narrowed by these.
create index qido_study_date on study (study_date desc, study_time desc, study_instance_uid);
create index qido_accession on study (accession_number);
create index qido_instance_order on instance (study_instance_uid, series_instance_uid, instance_number, sop_instance_uid);
