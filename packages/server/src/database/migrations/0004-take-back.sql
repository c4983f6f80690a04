-- A decision can be taken back. It stays in the table: what was decided and taken back is part of the history.
alter table decision drop constraint decision_action_check;
alter table decision add constraint decision_action_check check (action in ('accept', 'modify', 'reject', 'take-back'));
