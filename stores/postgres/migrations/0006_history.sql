-- What reading the past needs: the entries of a game and of a subject in it, newest first, and between
-- which moments and offsets a game lies.
create index stat_line_of_game on stat_line (slot, game_id, subject_id, entry_offset);

-- Where each game lies: the first and the last play that any live line of it has counted, and its last
-- entry. A look back needs the entries only of games that lie across it.
create table game_span (
  slot              text   not null,
  game_id           text   not null,
  first_happened_at timestamptz,
  last_happened_at  timestamptz,
  last_offset       bigint not null,
  primary key (slot, game_id)
);
insert into game_span (slot, game_id, first_happened_at, last_happened_at, last_offset)
  select slot, game_id, min(happened_at), max(happened_at), max(entry_offset)
  from stat_line
  group by slot, game_id;

-- How many entries of a slot had been recorded by a moment: their times never go back, so halving finds
-- the place.
create function archive_offset_at(in_slot text, moment timestamptz) returns bigint
  language plpgsql stable as $$
declare
  low bigint := 0;
  high bigint;
  middle bigint;
  recorded timestamptz;
begin
  select end_offset into high from archive_cursor c where c.slot = in_slot;
  high := coalesce(high, 0);
  while low < high loop
    middle := (low + high) / 2;
    select s.recorded_at into recorded from stat_line s
      where s.slot = in_slot and s.entry_offset = middle;
    if recorded <= moment then low := middle + 1; else high := middle; end if;
  end loop;
  return low;
end $$;
