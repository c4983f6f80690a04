-- Subscribers that hear of work items by N-EVENT-REPORT; all others wait at their WebSocket.
create table work_item_receiver (
  ae_title text primary key,
  -- Of the reports that wait; back to none when one was taken.
  attempts integer not null default 0,
  -- Moved ahead by whoever sends: two nodes on one database never send at the same time.
  next_attempt_at timestamptz not null default now(),
  last_error text
);
