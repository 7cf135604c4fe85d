-- Lines that broke a rule: they have their numbers, stand in the journal, and count nowhere until they
-- are released.

-- Which of them have been let count: a repetition changes nothing.
create table release_gate (
  league  text    not null,
  game_id text    not null,
  epoch   integer not null,
  number  bigint  not null,
  primary key (league, game_id, epoch, number)
);

-- Appends the entry by which a line counts from now on, once.
--
-- verdict  'appended'; 'duplicate' (was released before). end_offset and term are the slot's after it.
create function journal_release(
  in_league text, in_game_id text, in_slot text, in_epoch integer, in_number bigint, in_body bytea,
  out verdict text, out end_offset bigint, out term integer
) language plpgsql as $$
declare
  head journal_head;
begin
  insert into journal_head (slot) values (in_slot) on conflict do nothing;
  select * into head from journal_head h where h.slot = in_slot for update;
  insert into release_gate (league, game_id, epoch, number)
    values (in_league, in_game_id, in_epoch, in_number) on conflict do nothing;
  if found then
    verdict := 'appended';
    head := journal_put(head, in_body, 1, journal_timeline());
  else
    -- "I have it" must be as durable as having it: commit a WAL record before saying so.
    verdict := 'duplicate';
    perform pg_logical_emit_message(true, 'courtside', 'fence');
  end if;
  end_offset := head.end_offset; term := head.term;
end $$;

-- How many entries of the archive are of these kinds is of no concern to readers of the others.
alter table stat_line drop constraint stat_line_kind_check;
alter table stat_line add constraint stat_line_kind_check
  check (kind in ('live', 'team', 'official', 'game', 'quarantined', 'released'));

-- The lines that are or were held back, by their place in stat_line.
create table quarantined_line (
  slot            text        not null,
  game_id         text        not null,
  epoch           integer     not null,
  number          bigint      not null,
  entry_offset    bigint      not null,
  recorded_at     timestamptz not null,
  -- The entry that let it count; null while it is held back.
  released_offset bigint,
  primary key (slot, game_id, epoch, number)
);
create index quarantined_line_newest on quarantined_line (slot, entry_offset);
