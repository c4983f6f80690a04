-- The instance whose UID comes again is compared with the file that is there, so only one hash is kept.
alter table instance drop column content_sha256;
