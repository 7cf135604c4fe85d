-- The journal: one ordered log a slot, in rows of up to 500 entries, and the gate that each append
-- must pass so that a line counts once for ever.

-- What this journal is called in positions. Random, so that a position of another one is noticed.
create table journal (
  id        uuid    primary key default gen_random_uuid(),
  singleton boolean not null unique default true check (singleton)
);
insert into journal default values;

-- The end of each log. Its row lock is what makes offsets gapless and committed in order.
create table journal_head (
  slot        text        primary key,
  -- The offset that the next entry gets.
  end_offset  bigint      not null default 0 check (end_offset >= 0),
  -- The digest of the last row; empty before the first.
  digest      bytea       not null default '',
  -- Rises with the first append on a new Postgres timeline.
  term        integer     not null default 0,
  timeline    text        not null default '',
  -- The time of the last row, which the next one's is never before.
  recorded_at timestamptz not null default '-infinity'
);

-- Where each term of a log begins. A position of an earlier term is lost if it ends after that.
create table journal_term (
  slot         text    not null,
  term         integer not null,
  first_offset bigint  not null,
  primary key (slot, term)
);

-- The logs. Uniqueness of (slot, first_offset) comes from the head's lock: a partitioned table could
-- not have it without the time.
create table journal_row (
  slot         text        not null,
  first_offset bigint      not null,
  entries      integer     not null check (entries between 1 and 500),
  recorded_at  timestamptz not null,
  term         integer     not null,
  -- sha256 of the former row's digest and this body: chains a row to all before it.
  digest       bytea       not null,
  -- A courtside.journal.v1.Row.
  body         bytea       not null
) partition by range (recorded_at);
-- Bodies are random bytes to a compressor: trying it costs time and gains nothing.
alter table journal_row alter column body set storage external;
create index journal_row_place on journal_row (slot, first_offset);

-- What an append about a game must fit.
create table game_gate (
  league         text    not null,
  game_id        text    not null,
  slot           text    not null,
  -- Whose lines count; null until somebody sends one.
  source         text,
  instance       text,
  epoch          integer not null default 0,
  -- The number of the owner's next line. What is below it was taken, for ever.
  next_number    bigint  not null default 1,
  -- The revision of the newest facts of the game.
  facts_revision bigint  not null default 0,
  final          boolean not null default false,
  primary key (league, game_id)
);

-- The newest official line of a player in a game: a repetition changes nothing.
create table official_gate (
  league    text    not null,
  game_id   text    not null,
  player_id text    not null,
  revision  bigint  not null,
  -- sha256 of the line; an equal one of a later revision is no change.
  digest    bytea   not null,
  withdrawn boolean not null,
  primary key (league, game_id, player_id)
);

-- Makes the partitions of the days from now on, so that no append ever waits for one.
create function journal_prepare(days_ahead integer) returns void language plpgsql as $$
declare
  day date;
  name text;
begin
  perform pg_advisory_xact_lock(hashtext('journal_prepare'));
  for ahead in 0..days_ahead loop
    day := (now() at time zone 'UTC')::date + ahead;
    name := 'journal_row_' || to_char(day, 'YYYYMMDD');
    if to_regclass(name) is null then
      execute format(
        'create table %I partition of journal_row for values from (%L) to (%L)',
        name, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    end if;
  end loop;
end $$;

-- The primary's timeline: what a promotion changes.
create function journal_timeline() returns text language sql volatile as $$
  select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
$$;

-- Opens an upload: says which epoch and number its owner goes on with.
--
-- verdict  'open' or 'not_owner' (the owner's source in owner) or 'wrong_slot' (the game's in owner)
--
-- It commits a WAL record in any case (the fence): a number that it answers is then as durable as
-- an append, also when the row it was read from has not been replicated yet.
create function journal_open(
  in_league text, in_game_id text, in_slot text, in_source text, in_instance text,
  in_take_over boolean,
  out verdict text, out epoch integer, out next_number bigint, out owner text,
  out end_offset bigint, out term integer
) language plpgsql as $$
declare
  gate game_gate;
begin
  perform pg_logical_emit_message(true, 'courtside', 'fence');
  insert into game_gate (league, game_id, slot) values (in_league, in_game_id, in_slot)
    on conflict do nothing;
  select * into gate from game_gate g
    where g.league = in_league and g.game_id = in_game_id for update;
  select h.end_offset, h.term into end_offset, term from journal_head h where h.slot = gate.slot;
  if gate.slot <> in_slot then
    verdict := 'wrong_slot'; owner := gate.slot;
    return;
  end if;
  if gate.source = in_source and gate.instance = in_instance and not in_take_over then
    verdict := 'open'; epoch := gate.epoch; next_number := gate.next_number;
    return;
  end if;
  if gate.source is not null and not in_take_over then
    verdict := 'not_owner'; owner := gate.source;
    return;
  end if;
  update game_gate g
    set source = in_source, instance = in_instance, epoch = g.epoch + 1, next_number = 1
    where g.league = in_league and g.game_id = in_game_id
    returning g.epoch, g.next_number into epoch, next_number;
  verdict := 'open';
end $$;

-- Appends the items of many senders in one transaction: those that fit their gate, each whole. The
-- refusal of one touches no other.
--
-- Items are given as arrays of one length. kind is
--   'lines'    entries numbered from number on; fits when epoch is the gate's and number the next
--   'record'   entries that all have one number; fits when epoch is the gate's and number not below
--   'facts'    one entry; fits when number (a revision) is above the last
--   'official' one entry of player_id; fits when the game is final, number (a revision) is above the
--              last and the content digest another one
--
-- verdict  'appended'; 'duplicate' or 'unchanged' (was taken before, or equals what is); 'gap' (expected
--          is the number that would fit); 'fenced' (epoch is the present one); 'wrong_slot'; 'not_final'
-- first_offset is that of the item's first entry. end_offset and term are the slot's after the call.
create function journal_append(
  kinds text[], slots text[], leagues text[], game_ids text[], epochs integer[], numbers bigint[],
  counts integer[], bodies bytea[], player_ids text[], digests bytea[], flags boolean[]
) returns table (
  item integer, verdict text, first_offset bigint, end_offset bigint, term integer,
  expected bigint, present_epoch integer, officials boolean
) language plpgsql as $$
#variable_conflict use_column
declare
  entries_max constant integer := 500;
  timeline_now constant text := journal_timeline();
  head journal_head;
  gate game_gate;
  known official_gate;
  one record;
  pending bytea := '';
  pending_count integer := 0;
  fenced boolean := false;
begin
  -- Heads, then gates, each in key order: two appends can wait for each other, never for ever.
  insert into journal_head (slot)
    select distinct s from unnest(slots) s order by s on conflict do nothing;
  perform 1 from journal_head h where h.slot = any(slots) order by h.slot for update;
  insert into game_gate (league, game_id, slot)
    select distinct on (l, g) l, g, s from unnest(leagues, game_ids, slots) as i(l, g, s)
    order by l, g on conflict do nothing;
  perform 1 from game_gate g
    where (g.league, g.game_id) in (select * from unnest(leagues, game_ids))
    order by g.league, g.game_id for update;

  for one in
    select i.*, lead(i.slot) over (order by i.slot, i.item) as next_slot
    from unnest(kinds, slots, leagues, game_ids, epochs, numbers, counts, bodies, player_ids,
                digests, flags) with ordinality
      as i(kind, slot, league, game_id, epoch, number, entries, body, player_id, digest, flag, item)
    order by i.slot, i.item
  loop
    if head.slot is distinct from one.slot then
      select * into head from journal_head h where h.slot = one.slot;
    end if;
    select * into gate from game_gate g
      where g.league = one.league and g.game_id = one.game_id;

    item := one.item; verdict := 'appended'; first_offset := null; expected := null;
    present_epoch := gate.epoch; officials := false;
    if gate.slot <> one.slot then
      verdict := 'wrong_slot';
    elsif one.kind in ('lines', 'record') then
      expected := gate.next_number;
      verdict := case
        when one.epoch <> gate.epoch then 'fenced'
        when one.number < gate.next_number then 'duplicate'
        when one.kind = 'lines' and one.number > gate.next_number then 'gap'
        else 'appended' end;
      if verdict = 'appended' then
        update game_gate g
          set next_number = one.number + case one.kind when 'lines' then one.entries else 1 end
          where g.league = one.league and g.game_id = one.game_id;
      end if;
      officials := gate.final and exists (
        select 1 from official_gate o where o.league = one.league and o.game_id = one.game_id);
    elsif one.kind = 'facts' then
      expected := gate.facts_revision + 1;
      if one.number <= gate.facts_revision then
        verdict := 'duplicate';
      else
        update game_gate g
          set facts_revision = one.number, final = coalesce(one.flag, g.final)
          where g.league = one.league and g.game_id = one.game_id;
      end if;
    elsif not gate.final then
      verdict := 'not_final';
    else
      select * into known from official_gate o where o.league = one.league
        and o.game_id = one.game_id and o.player_id = one.player_id;
      if known.revision >= one.number then
        verdict := 'duplicate';
      else
        if known.digest = one.digest then verdict := 'unchanged'; end if;
        insert into official_gate (league, game_id, player_id, revision, digest, withdrawn)
          values (one.league, one.game_id, one.player_id, one.number, one.digest, one.flag)
          on conflict (league, game_id, player_id) do update
            set revision = excluded.revision, digest = excluded.digest,
                withdrawn = excluded.withdrawn;
      end if;
    end if;

    if verdict = 'appended' then
      -- A full row goes out before the item that it has no room for.
      if pending_count + one.entries > entries_max then
        head := journal_put(head, pending, pending_count, timeline_now);
        pending := ''; pending_count := 0;
      end if;
      first_offset := head.end_offset + pending_count;
      pending := pending || one.body;
      pending_count := pending_count + one.entries;
    elsif not fenced then
      -- "I have it" must be as durable as having it: commit a WAL record before saying so.
      perform pg_logical_emit_message(true, 'courtside', 'fence');
      fenced := true;
    end if;
    if pending_count > 0 and one.next_slot is distinct from one.slot then
      head := journal_put(head, pending, pending_count, timeline_now);
      pending := ''; pending_count := 0;
    end if;
    -- The slot's position as far as this item is concerned: its own end, or what was there before.
    end_offset := head.end_offset + pending_count;
    term := case when pending_count > 0 and head.timeline <> timeline_now
      then head.term + 1 else head.term end;
    return next;
  end loop;
end $$;

-- Writes one row at the end of a log and returns the head after it.
create function journal_put(head journal_head, in_body bytea, in_entries integer, timeline_now text)
  returns journal_head language plpgsql as $$
declare
  begins_at bigint := head.end_offset;
begin
  if head.timeline <> timeline_now then
    head.term := head.term + 1;
    head.timeline := timeline_now;
    insert into journal_term (slot, term, first_offset) values (head.slot, head.term, begins_at);
  end if;
  head.digest := sha256(head.digest || in_body);
  head.recorded_at := greatest(head.recorded_at, clock_timestamp());
  head.end_offset := begins_at + in_entries;
  insert into journal_row (slot, first_offset, entries, recorded_at, term, digest, body)
    values (head.slot, begins_at, in_entries, head.recorded_at, head.term, head.digest, in_body);
  update journal_head h
    set end_offset = head.end_offset, digest = head.digest, term = head.term,
        timeline = head.timeline, recorded_at = head.recorded_at
    where h.slot = head.slot;
  return head;
end $$;
