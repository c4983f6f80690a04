-- Runs that differ only in which outputs they ask for make the same objects: UIDs derive from result_key, what is
-- executed once from run_key. Until now the two were one.
alter table run add column result_key text;
update run set result_key = run_key;
alter table run alter column result_key set not null;
create index run_result_key on run (result_key, queued_at);

-- Uptake that the pipeline set aside as physiological and a reader added to the findings. Taken back or rejected, the
-- row goes: what was set aside needs no decision. The decisions stay.
alter table finding add column is_added boolean not null default false;
